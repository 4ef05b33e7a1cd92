"""Dead letters in a file: they outlive the process, as they were."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ringbuffer.errors import ForkedProcessError
from ringbuffer.messaging import (
    DeadLetter,
    DeadLetterFileError,
    JsonCodec,
    SqliteDeadLetters,
    TransportEnvelope,
    UnreadableMessage,
)
from ringbuffer.messaging.delivery import Delivery
from tests.unit.forks.kit import in_child
from tests.unit.messaging.dead_letters.kit import Desk, add


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "letters.db"


def test_letters_outlive_the_object_that_added_them(path: Path) -> None:
    envelope = TransportEnvelope("order", b"\x00\xff", headers={"n": {"m": None}}).with_ttl(7)
    with SqliteDeadLetters(path) as letters:
        added = [add(letters, Desk().delivery(message)) for message in (envelope, {"id": [7]})]
        letters.discard(add(letters, Desk().delivery("gone")))
    with SqliteDeadLetters(path) as letters:
        found = letters.list()
        assert [letter.message for letter in found] == [envelope, {"id": [7]}]
        for before, after in zip(added, found, strict=True):
            assert after.error is None
            for name in set(DeadLetter.__slots__) - {"error", "delivery"}:
                assert getattr(after, name) == getattr(before, name), name
        assert letters.statistics().discarded == 1
        assert add(letters, Desk().delivery("new")).number == 4


def test_letters_of_an_earlier_process_are_replayed_to_a_function(path: Path) -> None:
    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery("a"))
    got: list[object] = []
    with SqliteDeadLetters(path) as letters:
        with pytest.raises(ValueError, match=r"no way back to 'handler': pass to=\.\.\."):
            letters.replay()
        assert letters.replay(to=lambda letter: got.append(letter.message)) == 1
        assert len(letters) == 0
    assert got == ["a"]


def test_a_killed_process_leaves_whole_letters(path: Path) -> None:
    """It is killed while it adds: each `add` that returned is there, and at most one more."""
    program = f"""
        from ringbuffer.messaging import SqliteDeadLetters
        from ringbuffer.messaging.delivery import Delivery

        letters = SqliteDeadLetters({str(path)!r}, 50)
        for number in range(1_000_000):
            letters.add(Delivery(number, None, "handler"), ValueError())
            print(number, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(120):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
    last = int(rest[-1]) if rest else 119
    with SqliteDeadLetters(path, 50) as letters:
        found = [letter.message for letter in letters.list()]
        figures = letters.statistics()
    assert len(found) == figures.kept == 50
    assert found[-1] in (last, last + 1)
    assert found == list(range(found[0], found[-1] + 1))  # type: ignore[call-overload, operator]
    assert figures.dropped == found[0]


def test_two_objects_share_a_file(path: Path) -> None:
    with SqliteDeadLetters(path, 3) as one, SqliteDeadLetters(path, 3) as other:
        for number in range(2):
            add(one, Desk().delivery(number))
            add(other, Desk().delivery(number + 10))
        assert [letter.message for letter in one.list()] == [10, 1, 11]
        assert (one.dropped, other.discard(2), len(one)) == (1, 1, 2)


def test_a_file_that_is_opened_with_less_room_drops_the_oldest(path: Path) -> None:
    with SqliteDeadLetters(path, None) as letters:
        for number in range(5):
            add(letters, Desk().delivery(number))
    with SqliteDeadLetters(path, 2) as letters:
        add(letters, Desk().delivery(5))
        assert [letter.message for letter in letters.list()] == [4, 5]
        assert letters.dropped == 4


# -- files of others ------------------------------------------------------------------------------


def test_a_file_that_is_not_sqlite_is_refused_and_not_changed(path: Path) -> None:
    path.write_bytes(b"not a database, but" * 100)
    with pytest.raises(DeadLetterFileError, match="cannot be read as SQLite: file is not"):
        SqliteDeadLetters(path)
    assert path.read_bytes() == b"not a database, but" * 100


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("PRAGMA application_id = 7", "belongs to another program"),
        (
            "PRAGMA user_version = 2",
            "has layout 2 of dead letters, and this version reads layout 1",
        ),
    ],
)
def test_a_file_of_another_program_or_version_is_refused_and_not_changed(
    path: Path, change: str, what: str
) -> None:
    SqliteDeadLetters(path).close()
    database = sqlite3.connect(path)
    database.execute(change)
    database.close()
    before = path.read_bytes()
    with pytest.raises(DeadLetterFileError, match=what):
        SqliteDeadLetters(path)
    assert path.read_bytes() == before


def test_a_database_with_tables_of_its_own_is_refused(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE orders (id)")
    database.close()
    with pytest.raises(DeadLetterFileError, match="another program"):
        SqliteDeadLetters(path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        SqliteDeadLetters(tmp_path / "none" / "letters.db")


# -- codecs ---------------------------------------------------------------------------------------


class Reversed:
    """A codec of texts."""

    def encode(self, message: str, /) -> bytes:
        return message[::-1].encode()

    def decode(self, data: bytes, /) -> str:
        return data.decode()[::-1]


def test_a_codec_of_the_user_writes_and_reads_the_messages(path: Path) -> None:
    with SqliteDeadLetters(path, codec=Reversed()) as letters:
        add(letters, Desk().delivery("abc"))
        assert [letter.message for letter in letters.list()] == ["abc"]
    database = sqlite3.connect(path)
    assert database.execute("SELECT message FROM letters").fetchall() == [(b"cba",)]
    database.close()


@pytest.mark.parametrize(
    "message", [None, True, 1.5, "", "\ud800", [], {"a": [1, {"b": None}]}, 2**70]
)
def test_values_that_json_holds_come_back(message: object) -> None:
    assert JsonCodec().decode(JsonCodec().encode(message)) == message


@pytest.mark.parametrize("message", [(1, 2), {"a": (1,)}, {1: 2}, float("nan"), object(), b"", {1}])
def test_what_json_would_change_is_refused(message: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        JsonCodec().encode(message)


def test_an_envelope_comes_back_equal() -> None:
    envelope = TransportEnvelope(
        "order", b"\x00", timestamp=datetime.now(UTC), headers={"a": "b"}, priority=3
    ).with_ttl(5)
    assert JsonCodec().decode(JsonCodec().encode(envelope)) == envelope
    with pytest.raises(TypeError):
        JsonCodec().encode(envelope.with_header("a", object()))


def test_a_message_that_cannot_be_written_leaves_its_letter_and_a_log_entry(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Order:
        def __repr__(self) -> str:
            return "<order 7>"

    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery(Order()))
        (letter,) = letters.list()
        assert letter.message_type.endswith("Order")
        assert letter.error_type == "KeyError"
        assert isinstance(letter.message, UnreadableMessage)
        assert "<order 7> could not be encoded: TypeError" in letter.message.reason
        assert letter.message.reason in caplog.text
        with pytest.raises(ValueError, match="dead letter 1 cannot be replayed: <order 7>"):
            letters.replay(to=print)
        add(letters, Desk().delivery("readable"))
        readable = letters.replay(lambda each: not isinstance(each.message, UnreadableMessage))
        assert (readable, letters.discard()) == (1, 1)


def test_a_message_whose_repr_fails_leaves_its_letter(path: Path) -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery(Broken()))
        (letter,) = letters.list()
        assert isinstance(letter.message, UnreadableMessage)
        assert "<Broken instance at" in letter.message.reason


def test_a_letter_that_cannot_be_read_does_not_hide_the_others(path: Path) -> None:
    with SqliteDeadLetters(path, codec=Reversed()) as letters:
        add(letters, Desk().delivery("abc"))
    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery("def"))
        first, second = letters.list()
        assert isinstance(first.message, UnreadableMessage)
        assert "could not be decoded: JSONDecodeError" in first.message.reason
        assert second.message == "def"


def test_texts_that_utf_8_cannot_hold_are_kept(path: Path) -> None:
    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery("a", handler="\ud800"), OSError("file \udcff"))
        (letter,) = letters.list()
        assert (letter.handler, letter.error_message) == ("\ud800", "file \udcff")
        assert letters.statistics().by_handler == {"\\ud800": 1}


@pytest.mark.parametrize("codec", ["json", JsonCodec, object()])
def test_what_is_not_a_codec_is_refused(path: Path, codec: Any) -> None:
    with pytest.raises(TypeError, match="codec"):
        SqliteDeadLetters(path, codec=codec)
    assert not path.exists()


# -- trouble --------------------------------------------------------------------------------------


def test_a_letter_that_could_not_be_written_is_not_dead(path: Path) -> None:
    delivery = Delivery("a", None, "handler")
    letters = SqliteDeadLetters(path)
    letters.close()
    letters.close()
    assert repr(letters) == f"SqliteDeadLetters({str(path)!r}, capacity 10000)"
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        letters.add(delivery, ValueError())
    assert not delivery.is_dead


def test_the_ways_back_are_as_bounded_as_the_letters(path: Path) -> None:
    desk = Desk()
    with SqliteDeadLetters(path, 2) as letters:
        for number in range(5):
            add(letters, desk.delivery(number))
        assert letters.replay() == 2
    assert [each.message for each in desk.got] == [3, 4]


def test_a_forked_child_is_refused(path: Path) -> None:
    with SqliteDeadLetters(path) as letters:
        add(letters, Desk().delivery("a"))
        with pytest.raises(ForkedProcessError, match="SqliteDeadLetters"):
            in_child(lambda: letters.list())
        assert len(letters) == 1
