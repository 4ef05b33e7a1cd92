"""The wheel and the source distribution: they build, hold what they should, and install."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import dist

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(PROJECT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def wheel_in(folder: Path) -> Path:
    (wheel,) = folder.glob("ringbuffer_ft-0.1.0-py3-none-any.whl")
    return wheel


def test_the_wheel_holds_the_library_and_nothing_else(distributions: Path) -> None:
    names = zipfile.ZipFile(wheel_in(distributions)).namelist()
    assert "ringbuffer/py.typed" in names
    assert "ringbuffer/memory/process.py" in names
    assert {name.split("/")[0] for name in names} == {"ringbuffer", "ringbuffer_ft-0.1.0.dist-info"}


def test_the_metadata_says_what_is_needed(distributions: Path) -> None:
    wheel = zipfile.ZipFile(wheel_in(distributions))
    metadata = wheel.read("ringbuffer_ft-0.1.0.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.13" in metadata
    assert "Requires-Dist: atomics==1.0.3" in metadata
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert [line for line in needed if "extra ==" not in line] == ["Requires-Dist: atomics==1.0.3"]
    assert "Programming Language :: Python :: Free Threading" in metadata
    assert "License-Expression: MIT" in metadata
    assert "Description-Content-Type: text/markdown" in metadata
    assert "(docs/" not in metadata, "a link that works in the repository alone"


def test_the_source_distribution_holds_the_tests_too(distributions: Path) -> None:
    (archive,) = distributions.glob("ringbuffer_ft-0.1.0.tar.gz")
    with tarfile.open(archive) as opened:
        names = opened.getnames()
    inside = {name.removeprefix("ringbuffer_ft-0.1.0/") for name in names}
    assert {
        "tests/conftest.py",
        "ringbuffer/py.typed",
        "spec/README.md",
        "tools/dist.py",
        "Makefile",
    } <= inside
    assert {
        "spec/__main__.py",
        "spec/modules/WorkPool.tla",
        "spec/configurations/WorkPool.cfg",
        "spec/mutants.toml",
    } <= inside
    assert {
        "docs/conf.py",
        "docs/drawings/ring.svg",
        "docs/adr/0001-in-house-ring.md",
        "docs/api/index.rst",
    } <= inside
    assert {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CITATION.cff",
        "LICENSE",
    } <= inside


@pytest.fixture(scope="module")
def installed(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel in it."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=60
    )
    site = next((venv / "lib").glob("python*/site-packages"))
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
    ]
    subprocess.run(
        [*install, str(wheel_in(distributions))], check=True, timeout=60, capture_output=True
    )
    # The one dependency comes from this environment, so that no registry is asked.
    (site / "atomics.pth").write_text(sysconfig.get_path("platlib"))
    return venv / "bin" / "python"


@pytest.mark.verify
def test_the_wheel_installs_and_imports_in_a_clean_environment(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "import ringbuffer, pathlib; "
        "print(pathlib.Path(ringbuffer.__file__).parts[-2], ringbuffer.__version__)"
    )
    done = subprocess.run(
        [installed, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "ringbuffer 0.1.0", done.stderr


def test_the_demo_runs_from_the_wheel_far_from_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    gil = "off" if dist.FREE_THREADED else "on"
    assert (
        dist.demo(installed, tmp_path, 1000) == f"1,000 lines replayed, 4 checks passed, GIL {gil}"
    )


@pytest.mark.verify
def test_bench_and_stress_need_nothing_but_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert dist.bench_and_stress(installed, tmp_path).startswith("6 contenders measured; ")


def test_a_trial_of_another_library_than_the_installed_one_fails(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "ringbuffer.py").touch()
    with pytest.raises(
        dist.TrialError,
        match=r"the library that ran is .*ringbuffer\.py, not the one that was installed",
    ):
        dist.demo(installed, tmp_path, 1000)


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        ('{"passed": false, "events": 9, "gil": false, "checks": []}', "did not pass"),
        ('{"passed": true, "events": 0, "gil": false, "checks": []}', "did not pass"),
        ('{"passed": true, "events": 9, "gil": true, "checks": []}', "the GIL was on"),
    ],
)
def test_a_demo_that_does_not_pass_fails_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: str, fault: str
) -> None:
    python = tmp_path / "bin" / "python"
    monkeypatch.setattr(dist, "FREE_THREADED", True)
    monkeypatch.setattr(
        dist,
        "run",
        lambda command, folder: result if "demo" in command else str(tmp_path / "ringbuffer"),
    )
    with pytest.raises(dist.TrialError, match=fault):
        dist.demo(python, tmp_path)


def test_a_step_of_the_trial_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(dist.TrialError, match=r"(?s)failed \(1\):.*no such luck"):
        dist.run([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path)


def test_a_trial_knows_of_no_other_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    assert (
        "PYTHONPATH"
        not in dist.run([sys.executable, "-c", "import os; print(*os.environ)"], tmp_path).split()
    )


def test_a_trial_that_fails_sets_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(folder: Path) -> list[Path]:
        raise dist.TrialError("no wheel")

    monkeypatch.setattr(dist, "build", fail)
    assert dist.main() == 1
    assert "no wheel" in capsys.readouterr().err
