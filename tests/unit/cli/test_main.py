"""The command line as a whole: what every command has in common."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

import ringbuffer
from ringbuffer.cli import doctor
from ringbuffer.cli.main import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_its_exit_codes_and_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "--json" in out
    assert "exit codes: 0" in " ".join(out.lower().split())


def test_the_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert [
        line.split()[0] for line in out.splitlines() if line.startswith("    ") and line[4] != " "
    ] == list(COMMANDS)


def test_a_description_keeps_its_paragraphs_at_any_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        main(["stress", "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[[line.startswith("The first Ctrl-C ends") for line in lines].index(True) - 1] == ""


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys; from ringbuffer.cli.main import main; main(['doctor', '--json']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=True
    )
    floors = ("ringbuffer.cli.", "ringbuffer.programs.")
    loaded = {name.split(".")[2] for name in done.stderr.split() if name.startswith(floors)}
    assert "doctor" in loaded
    assert not loaded & (COMMANDS.keys() - {"doctor"})


def test_the_version_is_that_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"ringbuffer {ringbuffer.__version__}\n"


def test_alone_it_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: ringbuffer")
    assert COMMANDS["doctor"] in out


@pytest.mark.parametrize("arguments", [["no-such-command"], ["doctor", "--no-such-option"]])
def test_a_wrong_command_line_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: ringbuffer" in capsys.readouterr().err


def test_ctrl_c_in_a_command_that_has_no_other_use_for_it_ends_it_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(modules: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "collect", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "\nringbuffer doctor: interrupted\n"


def test_a_reader_that_goes_away_causes_no_traceback() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "ringbuffer", "doctor", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.close()
    _, errors = child.communicate(timeout=100)
    assert child.returncode == 1
    assert errors == ""


@pytest.mark.parametrize("command", [["doctor"], ["demo", "--limit", "10"]])
def test_a_full_disk_is_an_error_without_traceback(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ringbuffer", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot write the output: [Errno 28]" in done.stderr


@pytest.mark.parametrize(("told", "shown"), [("50 µs", "50 us"), ("ü…", "\\xfc...")])
def test_a_terminal_without_a_character_shows_another(
    monkeypatch: pytest.MonkeyPatch, told: str, shown: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr(doctor, "collect", lambda modules: None)
    monkeypatch.setattr(doctor, "judge", lambda facts: [])
    monkeypatch.setattr(doctor, "as_text", lambda findings: told)
    assert main(["doctor"]) == 0
    assert raw.getvalue().decode("ascii").strip() == shown
