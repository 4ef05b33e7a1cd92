"""Whether the wheel installs beside other packages; and how a regular build is found."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import dist, neighbours, regular_python

WHEEL = Path("ringbuffer_ft-0.1.0-py3-none-any.whl")


def planner(alone: dict[str, str], beside: dict[str, str]) -> neighbours.Run:
    """A pip that plans these versions without the wheel, and with it."""

    def run(command: Sequence[str | Path], folder: Path) -> str:
        assert "--dry-run" in command
        versions = beside if str(WHEEL) in str(command[-1]) else alone
        metadata = [{"name": name, "version": version} for name, version in versions.items()]
        return json.dumps({"install": [{"metadata": each} for each in metadata]})

    return run


ALONE = {
    "cryptography": "50.0.2",
    "cffi": "2.1.1",
    "PyNaCl": "1.6.2",
    "opentelemetry_sdk": "1.45.2",
    "prometheus_client": "0.26.0",
}


def test_a_wheel_that_changes_no_neighbour_passes(tmp_path: Path) -> None:
    run = planner(ALONE, {**ALONE, "atomics": "1.0.3"})
    newest, older = neighbours.check(Path(sys.executable), WHEEL, tmp_path, run)
    assert newest == (
        "the newest: cryptography 50.0.2, pynacl 1.6.2, opentelemetry-sdk 1.45.2, "
        "prometheus-client 0.26.0; none of 5 packages changes"
    )
    assert older.startswith("older: ")


@pytest.mark.parametrize("version", ["1.17.1", None])
def test_a_wheel_that_changes_a_neighbour_fails(tmp_path: Path, version: str | None) -> None:
    beside = {name: it for name, it in ALONE.items() if name != "cffi"}
    run = planner(ALONE, beside if version is None else {**beside, "cffi": version})
    with pytest.raises(neighbours.NeighbourError, match=rf"cffi 2\.1\.1 -> {version}"):
        neighbours.check(Path(sys.executable), WHEEL, tmp_path, run)


def test_the_exporters_run_with_the_oldest_and_the_newest_libraries(tmp_path: Path) -> None:
    ran: list[list[str]] = []

    def run(command: Sequence[str | Path], folder: Path) -> str:
        ran.append([str(each) for each in command])
        return "fine\n" if "-c" in command else ""

    assert neighbours.export(Path("python"), tmp_path, run) == ["fine", "fine"]
    installed = [command for command in ran if "install" in command]
    assert [command[-2:] for command in installed] == [
        list(each) for each in neighbours.EXPORTED_TO
    ]


def test_the_program_that_exports_works_here(tmp_path: Path) -> None:
    said = dist.run([sys.executable, "-W", "ignore", "-c", neighbours._EXPORT], tmp_path)
    assert said.startswith("prometheus_client ")


def test_a_regular_build_that_is_named_must_be_one(tmp_path: Path) -> None:
    nothing = str(tmp_path / "python")
    with pytest.raises(ValueError, match="is not a regular CPython"):
        regular_python.find({regular_python.VARIABLE: nothing})


def test_what_is_found_is_not_a_free_threaded_build() -> None:
    found = regular_python.find({})
    assert found is None or "python3.13t" not in found
