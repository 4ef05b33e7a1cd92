"""`SqliteDeadLetters`: dead letters in a file of SQLite, which outlive the process.

Each change is one SQL statement, with the triggers that belong to it. SQLite makes a statement a
transaction of its own. So whenever an interrupt comes, or the process or the machine dies, a change
is there as a whole or not at all, and no transaction is left open.
"""

import json
import os
import reprlib
import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final, Self

from ringbuffer.checks import check_is_instance_with
from ringbuffer.errors import RingBufferError
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.dead_letters.dead_letters import DEFAULT_CAPACITY, DeadLetters, logger
from ringbuffer.messaging.dead_letters.letter import (
    DeadLetter,
    DeadLetterStatistics,
    UnreadableMessage,
)
from ringbuffer.messaging.dead_letters.message_codec import JsonCodec, MessageCodec
from ringbuffer.messaging.delivery import Delivery, Identity, ScheduleRedelivery

#: Marks a file of dead letters ("rbdl"), and the layout of its tables.
APPLICATION: Final = 0x7262646C
LAYOUT: Final = 1

#: A letter leaves by an update of its `fate`: the trigger counts it and deletes it.
_CREATE: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, fate TEXT NOT NULL DEFAULT 'kept',
    error_type TEXT NOT NULL, handler TEXT NOT NULL, message_type TEXT NOT NULL,
    message BLOB NOT NULL, letter TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS gone (fate TEXT PRIMARY KEY, count INTEGER NOT NULL);
INSERT OR IGNORE INTO gone VALUES ('dropped', 0), ('replayed', 0), ('discarded', 0);
CREATE TRIGGER IF NOT EXISTS leaves AFTER UPDATE OF fate ON letters BEGIN
    UPDATE gone SET count = count + 1 WHERE fate = NEW.fate;
    DELETE FROM letters WHERE number = NEW.number;
END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {LAYOUT};
COMMIT;
"""
#: Drops the oldest letters beyond the capacity. Numbers have no gaps, so no letter is counted.
_BOUND: Final = """
CREATE TEMP TRIGGER bounded AFTER INSERT ON letters BEGIN
    UPDATE letters SET fate = 'dropped' WHERE number IN (
        SELECT number FROM letters ORDER BY number
        LIMIT max(0, NEW.number - (SELECT sum(count) FROM gone) - {capacity})
    );
END
"""
_ADD: Final = """
INSERT INTO letters (error_type, handler, message_type, message, letter) VALUES (?, ?, ?, ?, ?)
"""
_KEPT: Final = """
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'letters'), 0) - sum(count) FROM gone
"""
_STATISTICS: Final = """
SELECT 'gone', fate, count FROM gone
UNION ALL SELECT 'error', error_type, count(*) FROM letters GROUP BY error_type
UNION ALL SELECT 'handler', handler, count(*) FROM letters GROUP BY handler
UNION ALL SELECT 'type', message_type, count(*) FROM letters GROUP BY message_type
"""
#: The attributes of a letter that JSON holds as they are.
_PLAIN: Final = ("message_type", "handler", "error_type", "error_message", "traceback", "attempts")
#: A value as text, cut; also one whose `repr` fails.
_shown: Final = reprlib.Repr(maxstring=1000, maxother=1000).repr
_CHOSEN: Final = "WHERE number IN (SELECT value FROM json_each(?))"


class DeadLetterFileError(RingBufferError):
    """A file is not a file of dead letters, or has the layout of another version."""


class SqliteDeadLetters(DeadLetters):
    """Keeps dead letters in a file. Any thread; several processes may have the same file open.

    with SqliteDeadLetters("letters.db") as letters:
        letters.replay(to=lambda letter: queue.enqueue_sync(letter.message))

    A letter that was read has no `error`. If another process added it, it has no way back to its
    handler: pass a function `to`. Only one process at a time may replay. A message that the codec
    cannot write is logged, and kept as an `UnreadableMessage`. Every method raises `sqlite3.Error`
    if the file cannot be read or written.

    Args:
        path: the file. SQLite keeps two more beside it while it is open.
        capacity: how many letters are kept, see `DeadLetterQueue`.
        codec: turns messages into bytes and back; the default is `JsonCodec()`.
        host: the source of the lock.

    Raises:
        DeadLetterFileError: the file belongs to another program or version. It was not changed.
        ValueError, TypeError: `capacity` is not a number of letters, or `codec` is not a codec.
        sqlite3.OperationalError: the file cannot be opened, or stays locked for five seconds.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        capacity: int | None = DEFAULT_CAPACITY,
        *,
        codec: MessageCodec | None = None,
        host: Host = SYSTEM_HOST,
    ) -> None:
        super().__init__(capacity, host)
        self._codec: Final = JsonCodec() if codec is None else codec
        check_is_instance_with("codec", self._codec, encode=1, decode=1)
        #: The ways back of the newest letters that this object added, by number.
        self._ways: Final[dict[int, ScheduleRedelivery]] = {}
        self._path: Final = os.fspath(path)
        self._connection: Final = _open(self._path, self._capacity)
        made_here(self)

    def close(self) -> None:
        """Close the file. Close first what adds letters."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        """See `DeadLetters.add`. When it returns, the letter is on the disk."""
        unnumbered = DeadLetter.of(delivery, error)
        row = self._row_of(unnumbered)
        connection = self._connection
        oldest: tuple[DeadLetter, ...] = ()
        with self._lock:
            if self._capacity is not None and self._kept() >= self._capacity:
                oldest = self._read("ORDER BY number LIMIT 1")
            before = connection.total_changes
            try:
                number = connection.execute(_ADD, row).lastrowid
                delivery.is_dead = True
            except BaseException:  # an interrupt may come when the letter is in the file
                delivery.is_dead = connection.total_changes != before
                raise
            assert number is not None, "an INSERT has made a row"
            letter = replace(unnumbered, number=number)
            if delivery.schedule_redelivery is not None:
                self._ways[letter.number] = delivery.schedule_redelivery
                if self._capacity is not None and len(self._ways) > self._capacity:
                    del self._ways[next(iter(self._ways))]  # its letter is not among the newest
        self._log_dropped(oldest)
        return letter

    def statistics(self) -> DeadLetterStatistics:
        """See `DeadLetters.statistics`. All figures are those of one moment."""
        counts: dict[str, dict[str, int]] = {"gone": {}, "error": {}, "handler": {}, "type": {}}
        with self._lock:
            rows = self._connection.execute(_STATISTICS).fetchall()
        for kind, name, count in rows:
            counts[kind][name] = count
        return DeadLetterStatistics(
            kept=sum(counts["error"].values()),
            **counts["gone"],
            by_error=counts["error"],
            by_handler=counts["handler"],
            by_message_type=counts["type"],
        )

    def __len__(self) -> int:
        with self._lock:
            return self._kept()

    def _kept(self) -> int:
        (kept,) = self._connection.execute(_KEPT).fetchone()
        return int(kept)

    def _find(self, numbers: AbstractSet[int] | None) -> tuple[DeadLetter, ...]:
        if numbers is None:
            return self._read("ORDER BY number")
        return self._read(f"{_CHOSEN} ORDER BY number", (json.dumps([*numbers]),))

    def _remove(self, numbers: AbstractSet[int], fate: str) -> int:
        removed = self._connection.execute(
            f"UPDATE letters SET fate = ? {_CHOSEN}", (fate, json.dumps([*numbers]))
        )
        for number in numbers:
            self._ways.pop(number, None)
        return removed.rowcount

    def _row_of(self, letter: DeadLetter) -> Sequence[object]:
        """The values of a letter for `_ADD`. JSON holds any text; the columns are for counting."""
        message, unreadable = b"", None
        try:
            message = self._codec.encode(letter.message)
        except Exception as error:
            unreadable = f"{_shown(letter.message)} could not be encoded: {_shown(error)}"
            logger.error(
                "a letter of %s is kept without its message: %s", letter.handler, unreadable
            )
        values = {name: getattr(letter, name) for name in _PLAIN}
        values["time"] = letter.time.isoformat()
        values["identity"] = letter.identity and asdict(letter.identity)
        values["unreadable"] = unreadable
        kinds = (letter.error_type, letter.handler, letter.message_type)
        columns = [kind.encode(errors="backslashreplace").decode() for kind in kinds]
        return (*columns, message, json.dumps(values))

    def _read(self, where: str, arguments: Sequence[object] = ()) -> tuple[DeadLetter, ...]:
        query = f"SELECT number, message, letter FROM letters {where}"
        rows = self._connection.execute(query, arguments).fetchall()
        return tuple([self._letter_of(*row) for row in rows])

    def _letter_of(self, number: int, data: bytes, text: str) -> DeadLetter:
        values: dict[str, Any] = json.loads(text)
        unreadable, message = values.pop("unreadable"), None
        try:
            message = None if unreadable else self._codec.decode(data)
        except Exception as error:  # the other letters can be read nevertheless
            unreadable = f"it could not be decoded: {_shown(error)}"
        if unreadable:
            message = UnreadableMessage(unreadable)
        values["time"] = datetime.fromisoformat(values["time"])
        identity = values["identity"] = values["identity"] and Identity(**values["identity"])
        delivery = Delivery(message, identity, values["handler"], self._ways.get(number))
        delivery.attempt, delivery.is_dead = values["attempts"], True
        return DeadLetter(number=number, message=message, error=None, delivery=delivery, **values)

    def __repr__(self) -> str:
        return f"SqliteDeadLetters({self._path!r}, capacity {self._capacity})"


def _open(path: str, capacity: int | None) -> sqlite3.Connection:
    """A connection that commits each statement; any thread may use it under a lock.

    With a write-ahead log, readers in other processes do not delay `add`.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _check_layout(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if capacity is not None:
            connection.execute(_BOUND.format(capacity=capacity))
    except BaseException as error:
        connection.close()  # undoes what is not committed
        if type(error) is sqlite3.DatabaseError:
            raise DeadLetterFileError(
                f"{path!r} cannot be read as SQLite: {error}. Pass another path"
            ) from error
        raise
    return connection


def _check_layout(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables of a new file; refuse a file that has others."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        connection.executescript(_CREATE)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise DeadLetterFileError(f"{path!r} belongs to another program. Pass another path")
    if layout != LAYOUT:
        raise DeadLetterFileError(
            f"{path!r} has layout {layout} of dead letters, and this version reads layout "
            f"{LAYOUT}. Use the version of the library that made it, or pass another path"
        )
