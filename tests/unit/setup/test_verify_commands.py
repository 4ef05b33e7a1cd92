"""`tools.verify_interpreters` and `tools.verify_arm64`, without Debian, compiler or emulator."""

import dataclasses
import io
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from tools import verify_arm64, verify_interpreters
from tools.bootstrap import debian_source, source_build
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress
from tools.platforms import chosen, runs
from tools.platforms.errors import Failure, Skip

SILENT = Progress(io.StringIO())
PASSED = runs.Run("it", "3.14.10", "on", 10, 0, 0, 1.0, "")


class Scripted:
    """A small Debian that is empty; a command inside is the command itself."""

    failure: Exception | None = None
    made: ClassVar[list[tuple[str, tuple[str, ...], str]]] = []

    def __init__(
        self, folder: Path, suite: str, packages: Sequence[str], foreign: str = ""
    ) -> None:
        self.made.append((suite, tuple(packages), foreign))

    def prepare(self, progress: Progress) -> bool:
        if self.failure is not None:
            raise self.failure
        return True

    def inside(
        self, command: Sequence[str], shown: Mapping[Path, str], variables: Mapping[str, str]
    ) -> list[str]:
        return list(command)


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str]]:
    """The runs of the tests: name, command, and what the GIL has to be."""
    done: list[tuple[str, list[str], str]] = []

    def run(name: str, command: Sequence[str], log: Path, gil: str, progress: Progress) -> runs.Run:
        done.append((name, list(command), gil))
        return dataclasses.replace(PASSED, name=name)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(Scripted, "made", [])
    monkeypatch.setattr(Scripted, "failure", None)
    monkeypatch.setattr(runs, "run", run)
    for command in (verify_interpreters, verify_arm64):
        monkeypatch.setattr(command, "SmallDebian", Scripted)
    monkeypatch.setattr(verify_arm64.Arm64, "_build", lambda self: None)
    monkeypatch.setattr(verify_arm64.Arm64, "_download_atomics", lambda self: None)
    return done


Ran = list[tuple[str, list[str], str]]


def test_each_interpreter_runs_the_tests_of_the_library_with_its_gil(
    ran: Ran, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_interpreters.main([]) == 0
    assert [name for name, _, _ in ran] == ["python3.13", "python3.14", "python3.15"]
    assert {gil for _, _, gil in ran} == {"on"}
    for name, command, _ in ran:
        assert f"/usr/bin/{name}" in command
        assert f"tests/unit/{chosen.LIBRARY[-1]}" in command
    [(suite, packages, foreign)] = Scripted.made
    assert (suite, foreign) == ("sid", "")
    assert {"python3.15", "libpython3.15-testsuite"} <= set(packages)
    assert capsys.readouterr().out.splitlines()[-1] == "all of 30 tests passed"


def test_names_choose_interpreters_and_an_unknown_one_is_refused(
    ran: Ran, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_interpreters.main(["python3.15"]) == 0
    assert [name for name, _, _ in ran] == ["python3.15"]
    with pytest.raises(SystemExit) as error:
        verify_interpreters.main(["python3.12"])
    assert error.value.code == 2
    assert "there is no interpreter 'python3.12'" in capsys.readouterr().err


def test_the_emulated_processor_runs_the_tests_of_the_threads_without_a_gil(
    ran: Ran, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_arm64.main([]) == 0
    [(name, command, gil)] = ran
    assert (name, gil) == ("python3.13t, arm64 in qemu", "off")
    assert verify_arm64.PYTHON in command
    assert [each for each in command if each.startswith("tests/unit/")] == [
        f"tests/unit/{each}" for each in chosen.MEETING
    ]
    [(suite, packages, foreign)] = Scripted.made
    assert (suite, foreign) == ("trixie", "arm64")
    assert {"gcc-aarch64-linux-gnu", "libffi-dev:arm64"} <= set(packages)
    assert verify_arm64.main(["wait"]) == 0
    assert ran[1][1][-1] == "tests/unit/wait"


@pytest.mark.parametrize("command", [verify_interpreters, verify_arm64])
def test_a_machine_that_cannot_do_it_skips_with_the_reason(
    command: ModuleType,
    ran: Ran,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Scripted, "failure", Skip("this machine lacks apt-get"))
    assert command.main([]) == 0
    assert capsys.readouterr().out == "skipped: this machine lacks apt-get\n"
    monkeypatch.setattr(Scripted, "failure", Failure("tar broke"))
    assert command.main([]) == 1
    assert capsys.readouterr().err == "FAILED tar broke\n"
    monkeypatch.setattr(Scripted, "failure", KeyboardInterrupt())
    assert command.main([]) == 130
    assert ran == []


@pytest.mark.parametrize("command", [verify_interpreters, verify_arm64])
def test_a_test_that_fails_is_the_exit_code(
    command: ModuleType,
    ran: Ran,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = dataclasses.replace(PASSED, failed=1, problem="pytest ended with 1")
    monkeypatch.setattr(runs, "run", lambda *arguments: failed)
    assert command.main([]) == 1
    assert "it FAILED: pytest ended with 1" in capsys.readouterr().out


def test_an_arm64_machine_is_not_emulated(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert verify_arm64.main([]) == 0
    assert capsys.readouterr().out.startswith("skipped: this machine is an arm64 itself")
    assert ran == []


def test_the_hashes_of_one_package_are_taken_from_the_lock_file() -> None:
    lock = "a==1 \\\n    --hash=sha256:0\natomics==1.0.3 \\\n    --hash=sha256:1 \\\n"
    lock += "    --hash=sha256:2\nbuild==1.3.0 \\\n    --hash=sha256:3\n"
    assert verify_arm64.locked("atomics", lock) == (
        "atomics==1.0.3 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
    )
    with pytest.raises(Failure, match="does not pin tomics"):
        verify_arm64.locked("tomics", lock)
    ours = (verify_arm64.PROJECT / "requirements" / "dev.txt").read_text()
    assert verify_arm64.locked("atomics", ours).count("--hash=") > 10


#: The steps of the build stand in for a compiler.
INTERPRETER = "python3.13t"


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the build, whose installation makes an interpreter."""
    done: list[list[str]] = []

    def step(
        name: str, command: list[str], tree: Path, log: Path, progress: Progress, lines: int
    ) -> None:
        done.append(command)
        if command[-1] == "install":
            binaries = tmp_path / "python" / "bin"
            binaries.mkdir(parents=True, exist_ok=True)
            (binaries / INTERPRETER).write_text("arm64")
        if "pip" in command:
            (tmp_path / "atomics" / "atomics").mkdir(parents=True)

    monkeypatch.setattr(Scripted, "made", [])
    monkeypatch.setattr(Scripted, "failure", None)
    monkeypatch.setattr(verify_arm64, "SmallDebian", Scripted)
    monkeypatch.setattr(source_build, "step", step)
    tarball = "python3.13_3.13.5.orig.tar.xz"
    monkeypatch.setattr(debian_source, "download", lambda work, suites: work / tarball)
    monkeypatch.setattr(source_build, "unpack", lambda tarball, work, log, progress: work)
    return done


def test_the_interpreter_is_built_once_and_started_in_the_emulator(
    tmp_path: Path, steps: list[list[str]]
) -> None:
    arm64 = verify_arm64.Arm64(tmp_path, SILENT)
    arm64.prepare()
    configure, make, install, pip = steps
    assert {"--disable-gil", "--host=aarch64-linux-gnu"} <= set(configure)
    assert make[2] == "make"
    assert install[-2:] == ["make", "install"]
    assert {"--require-hashes", "manylinux2014_aarch64"} <= set(pip)
    binaries = tmp_path / "python" / "bin"
    assert (tmp_path / "python" / "libexec" / INTERPRETER).read_text() == "arm64"
    starter = (binaries / INTERPRETER).read_text()
    assert starter.splitlines()[0] == "#!/bin/sh"
    assert 'qemu-aarch64 -0 "$0" /python/libexec/python3.13t "$@"' in starter
    steps.clear()
    arm64.prepare()
    assert steps == []


def test_an_interrupted_build_is_not_configured_again(
    tmp_path: Path, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    arm64 = verify_arm64.Arm64(tmp_path, SILENT)
    arm64.prepare()
    (tmp_path / "python" / "complete").unlink()
    steps.clear()
    arm64.prepare()
    assert [command[2] for command in steps] == ["make", "make"]


def test_without_the_source_of_the_set_up_it_is_skipped(
    tmp_path: Path, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(work: Path, suites: Sequence[str]) -> Path:
        raise SetupError("apt could not get the source")

    monkeypatch.setattr(debian_source, "download", download)
    with pytest.raises(Skip, match="apt could not get the source"):
        verify_arm64.Arm64(tmp_path, SILENT).prepare()
