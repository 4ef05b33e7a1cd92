"""Each fault is found by its test, which fails with the fault, and passes without it.

Every run is a fresh interpreter, which imports the library with the fault in it. A fault that makes
its test hang is found if that test is reported as failed by its timeout; a run that does not end at
all is a survivor.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ringbuffer.sequencer import capacity
from tests.faults.fault import Fault, FaultError, install, source_of
from tests.faults.protocol import FAULTS, NOTHING
from tests.faults.tests import ALL
from tests.support.examples import QUICK, THOROUGH

PROJECT = Path(__file__).parents[3]

#: For one test, and for a whole run; in seconds.
TEST_TIMEOUT, RUN_TIMEOUT = 20, 300

#: Runs at a time.
AT_A_TIME = 2

type Run = subprocess.CompletedProcess[str]


def run_with(
    environment: Mapping[str, str], fault: Fault, *tests: str, profile: str = THOROUGH
) -> Run:
    """Pytest with a fault installed."""
    # Without rewritten assertions, which would take most of the time: that it fails is enough.
    options = [
        f"--hypothesis-profile={profile}",
        "-q",
        "-x",
        "--assert=plain",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "--timeout",
        str(TEST_TIMEOUT),
    ]
    return subprocess.run(
        [sys.executable, "-m", "tests.faults", fault.name, "--", *options, *tests],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module")
def run_of(request: pytest.FixtureRequest) -> Iterator[Callable[[Fault], Run]]:
    """Begins all the runs that were asked for, some at a time; each test waits for its own."""
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    asked_for = [spec.params.get("fault") for spec in specs if spec is not None]
    wanted = [each for each in asked_for if isinstance(each, Fault)]
    # Copied here: pytest writes the name of each test into `os.environ`, so no other thread may go
    # through it meanwhile.
    environment = dict(os.environ)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = {
            fault.name: pool.submit(run_with, environment, fault, fault.killed_by)
            for fault in wanted
        }
        yield lambda fault: runs[fault.name].result()
        for run in runs.values():
            run.cancel()


def name_of(fault: Fault) -> str:
    return fault.name


@pytest.mark.verify
@pytest.mark.timeout(2 * RUN_TIMEOUT)
@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_a_fault_is_found(fault: Fault, run_of: Callable[[Fault], Run]) -> None:
    run = run_of(fault)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    failed = [line for line in run.stdout.splitlines() if line.startswith("FAILED ")]
    assert len(failed) == 1, run.stdout + run.stderr
    rest = failed[0].removeprefix(f"FAILED {fault.killed_by}")
    assert rest != failed[0], failed
    assert not rest or rest.startswith((" ", "::", "[")), failed


@pytest.mark.verify
@pytest.mark.timeout(2 * RUN_TIMEOUT)
def test_without_a_fault_the_same_tests_pass() -> None:
    run = run_with(os.environ, NOTHING, *ALL, profile=QUICK)
    assert run.returncode == pytest.ExitCode.OK, run.stdout + run.stderr
    assert int(run.stdout.split(" passed")[0].split()[-1]) >= len(ALL), run.stdout


def test_every_fault_changes_what_stands_there_once() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        source = source_of(fault)
        assert fault.apply(source) != source, fault
        assert fault.killed_by in ALL


@pytest.mark.parametrize(("line", "times"), [("there is no such line", 0), ("x = 1", 2), ("1", 0)])
def test_a_line_that_does_not_stand_there_once_is_refused(line: str, times: int) -> None:
    with pytest.raises(FaultError, match=f"occurs {times} times"):
        Fault("", "skipped", line, "pass").apply("x = 1\nx = 1\n")


def test_a_module_that_is_imported_gets_no_fault() -> None:
    assert capacity.__name__ == NOTHING.target
    with pytest.raises(FaultError, match="is imported already"):
        install(NOTHING)


def test_a_module_that_is_not_there_gets_no_fault() -> None:
    with pytest.raises(FaultError, match="there is no module"):
        install(Fault("", "nowhere", "pass", "raise"))


def test_the_lines_around_one_say_which_is_meant_and_what_replaces_it_is_indented_as_it_was() -> (
    None
):
    source = "def f():\n    if x:\n        return 1\n    return 1\n"
    fault = Fault("", "skipped", "    return 1\nreturn 1", "    return 2\nreturn 3")
    assert fault.apply(source) == "def f():\n    if x:\n        return 2\n    return 3\n"
