"""The word list of `python -m tools.language`, which the names of tests must pass too."""

import ast
from pathlib import Path

import pytest

from tools.language import COLUMNS, HABITS, faults, long_sentences, main

PROJECT = Path(__file__).parents[3]


def found(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text)
    return [line.split(": ", 1)[1] for line in faults(folder / name)]


@pytest.mark.parametrize(
    ("sentence", "habit"),
    [
        ("Nobody waits.", "Nobody"),
        ("The thread wakes whoever waits.", "whoever"),
        ("A message for who waits.", "for who"),
        ("The size is no integer.", "is no i"),
        ("Each turn but the last waits.", "Each turn"),
        ("It waits for ever.", "for ever"),
        ("Room, of which the flag tells.", "of which the flag tells"),
        ("It asks nothing of you.", "asks nothing of"),
        ("Use a function of your own.", "function of your own"),
        ("The best that was to be had.", "to be had"),
        ("It measures the code of its day.", "of its day"),
        ("It left faults out for want of time.", "for want of"),
        ("This belongs into a file.", "belongs into"),
        ("A stage says what becomes of an event.", "what becomes of"),
        ("The least is a function.", "The least is"),
    ],
)
def test_a_habit_is_found_in_comments_strings_and_prose(
    tmp_path: Path, sentence: str, habit: str
) -> None:
    for name, text in (
        ("a.py", f"# {sentence}\n"),
        ("b.py", f'"""{sentence}"""\n'),
        ("c.py", f'x = 1\ny = f"{sentence} {{x}}"\n'),
        ("d.md", f"{sentence}\n"),
    ):
        (line,) = found(tmp_path, name, text)
        assert line.startswith(repr(habit))


@pytest.mark.parametrize(
    "sentence",
    [
        "Users who wait.",
        "There is no message.",
        "It is no longer there.",
        "None of them waits.",
        "assert rate is None",
        "The producer that waits.",
    ],
)
def test_plain_english_is_not_found(tmp_path: Path, sentence: str) -> None:
    assert found(tmp_path, "a.md", sentence) == []


def test_names_in_code_are_not_prose(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "nobody = 1\n") == []


def test_the_names_of_tests_are_plain_english() -> None:
    names = {
        node.name
        for path in (PROJECT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }
    assert len(names) > 1000
    bad = {
        name: advice
        for name in names
        for pattern, advice in HABITS
        if pattern.search(name.replace("_", " "))
    }
    assert not bad, "a test's name is a sentence that says who acts"


def test_a_long_line_is_found_unless_it_cannot_be_broken(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", f"x = {'1' * COLUMNS}\n") != []
    assert found(tmp_path, "a.md", f"| {'a ' * COLUMNS} |\n") == []
    line = f"x = {'1' * (COLUMNS - 4)}"
    assert found(tmp_path, "a.py", f"{line}  # type: ignore[misc]\n") == []
    assert found(tmp_path, "a.py", f"{line}  # a comment\n") != []


def test_long_sentences_are_listed_with_their_line(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(f"Short.\n\n{'word ' * 30}end.\n")
    (line,) = long_sentences(page)
    assert line.startswith(f"{page}:3: 31 words")


def test_the_exit_code_says_whether_something_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PROJECT)
    assert main(["CITATION.cff"]) == 0
    assert main(["--sentences", "tests/unit/layout/test_language.py"]) == 0
    assert "found" not in capsys.readouterr().err
