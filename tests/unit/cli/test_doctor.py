"""`ringbuffer doctor`: what it finds out, what it makes of it, and its exit code."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringbuffer.cli import doctor
from ringbuffer.cli.main import main
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.programs.doctor import gil
from ringbuffer.programs.doctor.facts import Facts, quota
from ringbuffer.programs.doctor.findings import Verdict, judge
from tests.conftest import FREE_THREADED, gil_is_on

HEALTHY = Facts(
    implementation="CPython",
    version="3.13.5",
    executable="python3.13t",
    free_threaded=True,
    gil_is_on=False,
    gil_is_forced_off=False,
    gil_reasons=(),
    atomics="atomics",
    atomics_source="libpatomic of atomics 1.0.3",
    atomics_installed=("atomics", "libatomic"),
    machine="x86_64",
    ordering="loads and stores are plain moves",
    words_in_one_step=True,
    cpus=8,
    usable_cpus=8,
    quota=None,
    timer_slack=60e-6,
    yield_cost=500e-9,
    has_sched_yield=True,
    extras={"prometheus_client": None},
)


def hurting(**changes: Any) -> list[str]:
    """The topics that hurt, where the machine is healthy but for `changes`."""
    findings = judge(dataclasses.replace(HEALTHY, **changes))
    assert all(finding.advice for finding in findings if finding.verdict is Verdict.HURTS)
    return [finding.topic for finding in findings if finding.verdict is Verdict.HURTS]


def test_on_a_healthy_machine_nothing_hurts() -> None:
    assert hurting() == []


@pytest.mark.parametrize(
    ("changes", "topic"),
    [
        ({"free_threaded": False, "gil_is_on": True}, "interpreter"),
        ({"gil_is_on": True, "gil_reasons": ("the environment has PYTHON_GIL=1",)}, "GIL"),
        ({"gil_reasons": ("importing 'x' switches it on",)}, "GIL"),
        ({"usable_cpus": 1}, "cores"),
        ({"quota": 1.5}, "cores"),
        ({"timer_slack": 4e-3}, "timer slack"),
        ({"has_sched_yield": False}, "yield"),
    ],
)
def test_what_hurts_is_found_with_advice(changes: dict[str, Any], topic: str) -> None:
    assert hurting(**changes) == [topic]


@pytest.mark.parametrize(
    "changes", [{"words_in_one_step": False, "machine": "aarch64"}, {"gil_is_forced_off": True}]
)
def test_what_is_only_worth_knowing_does_not_hurt(changes: dict[str, Any]) -> None:
    assert hurting(**changes) == []
    assert len({finding.verdict for finding in judge(dataclasses.replace(HEALTHY, **changes))}) == 2


@pytest.mark.parametrize(
    ("facts", "code"), [(HEALTHY, 0), (dataclasses.replace(HEALTHY, usable_cpus=1), 1)]
)
def test_the_exit_code_says_whether_something_hurts(
    facts: Facts, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "collect", lambda modules: facts)
    assert main(["doctor"]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == ("1 of 8 findings hurt" if code else "all is well")
    assert ("HURTS  cores            1 of 8 for this process" in lines) is bool(code)


def run(
    *arguments: str, options: tuple[str, ...] = (), **environment: str
) -> tuple[int, dict[str, Any]]:
    """The real thing, in a process of its own."""
    done = subprocess.run(
        [sys.executable, *options, "-m", "ringbuffer", "doctor", "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | environment,
    )
    return done.returncode, json.loads(done.stdout)


def test_the_real_facts_are_reported_as_json_and_fit_the_exit_code() -> None:
    code, told = run()
    assert code == int(any(finding["verdict"] == "hurts" for finding in told["findings"]))
    facts = told["facts"]
    assert facts["free_threaded"] is FREE_THREADED
    assert facts["atomics"] in facts["atomics_installed"]
    assert facts["words_in_one_step"] is PROCESS_MEMORY.words_in_one_step
    assert facts["usable_cpus"] >= 1
    assert facts["yield_cost"] > 0
    assert facts["timer_slack"] >= 0
    assert {finding["topic"] for finding in told["findings"]} >= {
        "interpreter",
        "cores",
        "timer slack",
        "yield",
        "extra",
    }


def test_the_facts_of_this_process_are_those_of_a_fresh_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == int(any(finding["verdict"] == "hurts" for finding in told["findings"]))
    assert told["facts"]["gil_is_on"] is gil_is_on()


needs_free_threading = pytest.mark.skipif(
    not FREE_THREADED, reason="a regular build always has its GIL"
)


@needs_free_threading
@pytest.mark.parametrize(
    ("options", "environment", "why"),
    [
        (("-X", "gil=1"), {}, "the interpreter was started with -X gil=1"),
        ((), {"PYTHON_GIL": "1"}, "the environment has PYTHON_GIL=1"),
    ],
)
def test_it_says_why_the_gil_is_on(
    options: tuple[str, ...], environment: dict[str, str], why: str
) -> None:
    code, told = run(options=options, **environment)
    assert code == 1
    assert told["facts"]["gil_reasons"] == [why]


@needs_free_threading
def test_it_names_the_module_that_switches_the_gil_on() -> None:
    """cffi's extension module, on which `atomics` depends: so this library never imports it."""
    assert gil.reasons(False, ["_cffi_backend"]) == ("importing '_cffi_backend' switches it on",)
    program = (
        "import _cffi_backend; from ringbuffer.programs.doctor import gil; print(gil.reasons(True))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "the extension module '_cffi_backend' switches it on" in done.stdout


def test_a_module_that_is_harmless_is_not_a_reason_and_one_that_is_not_there_is_said() -> None:
    if FREE_THREADED:
        assert gil.reasons(False, ["json"]) == ()
        [why] = gil.reasons(False, ["there_is_no_such_module"])
        assert why.startswith("'there_is_no_such_module' cannot be imported: ModuleNotFoundError")


@pytest.mark.parametrize(
    ("text", "cores"), [("max 100000\n", None), ("150000 100000\n", 1.5), ("nonsense", None)]
)
def test_the_quota_of_a_control_group_is_read(
    tmp_path: Path, text: str, cores: float | None
) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert quota(tmp_path / "cpu.max") == cores
    assert quota(tmp_path / "absent") is None
