"""A soak of a ring between processes, in which processes are killed at random.

    python -m tests.shared.soak --seconds 60 --seed 1

One ring, and programs of their own that produce into it or consume from it. Every few hundred
milliseconds one of them is killed with SIGKILL, and a successor starts. Each consumer notes the
records that it has handled in a file that it maps: so what it had handled is known after its death.
In the end each record is counted:

* no record is torn, and each is the one that belongs to its sequence;
* a seat that is kept gets every record that was published, in order, through all its successors;
* only a batch that a dead consumer had not finished is handed out again;
* a consumer in a seat that is evicted gets every record from its start on, while it lives.

The exit code is 0 if all of that holds.
"""

import argparse
import contextlib
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ringbuffer import RingBuffer, RingBufferClosedError
from ringbuffer.errors import SeatTakenError
from ringbuffer.records import RecordLayout
from ringbuffer.shared import OnDeath, SharedRing
from tests.shared.claims import claim_at, record, shown

LAYOUT: Final = RecordLayout.of_struct("qqq", "sequence one two")
SLOTS: Final = 256
#: The note of a consumer: where it began; where its current batch begins; the last sequence that it
#: has handled; the records that it has handled; the wrong batches; where it has ended.
NOTE: Final = struct.Struct("=6q")
BEGAN, FIRST, DONE, COUNT, WRONG, ENDED = range(6)
#: Lets some time pass: nothing tells a process what another one does.
pause: Final = threading.Event().wait
#: What stands there before that happens.
NOT_YET: Final = -2


def produce(name: str) -> None:
    """Makes the claims that are due, until the ring is closed."""
    ring = RingBuffer.attach(name)
    while True:
        try:
            producer = ring.producer()
            break
        except SeatTakenError:
            pause(0.001)
        except RingBufferClosedError:
            return
    with contextlib.suppress(RingBufferClosedError):
        while True:
            first = ring.cursor + 1
            count, is_skipped = claim_at(first)
            if not is_skipped and count % 2:
                producer.publish_records([record(first + index) for index in range(count)])
                continue
            with contextlib.suppress(KeyError), producer.claim(count) as claim:
                for index in range(count):
                    claim[index] = (-1, -2, -3)
                    claim[index] = record(first + index)
                if is_skipped:
                    claim[0] = (-4, -5, -6)
                    raise KeyError


def consume(name: str, seat_name: str, policy: str, note_path: str) -> None:
    """Reads until the ring has ended, and keeps its note true."""
    with open(note_path, "r+b") as file:
        note = memoryview(mmap.mmap(file.fileno(), NOTE.size)).cast("q")
    ring = RingBuffer.attach(name)
    seat = ring.seat(seat_name, OnDeath(policy))
    passed = note[BEGAN] = note[DONE] = seat.position
    for records, first in seat.batches():
        rows = records.tolist()
        last = first + len(rows) - 1
        note[FIRST] = first
        note[WRONG] += rows != [record(sequence) for sequence in shown(passed, last)]
        note[COUNT] += len(rows)
        note[DONE] = passed = last
    note[ENDED] = seat.position
    seat.leave()


def read_note(path: Path) -> tuple[int, ...]:
    """What a consumer has noted."""
    return NOTE.unpack(path.read_bytes())


def is_one_of(ring: SharedRing, processes: list[int]) -> bool:
    """Whether one of these processes produces."""
    return ring.status.producer in processes


def has_begun(path: Path) -> bool:
    """Whether a consumer has handled records."""
    return read_note(path)[COUNT] > 0


def await_that(is_true: Callable[[], bool]) -> None:
    """Wait until a process has got so far, on a slow machine; at most 20 s."""
    deadline = time.monotonic() + 20
    while not is_true() and time.monotonic() < deadline:
        pause(0.01)


class Forked:
    """A process that this one forks. As `subprocess.Popen`."""

    def __init__(self, *arguments: str) -> None:
        self.returncode: int | None = None
        self.pid: Final = os.fork()
        if self.pid == 0:
            try:
                run(*arguments)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; returns its exit code."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            found, status = os.waitpid(self.pid, 0 if deadline is None else os.WNOHANG)
            if found:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} has not ended in {timeout} s")
            else:
                pause(0.01)
        return self.returncode


type Process = "subprocess.Popen[bytes] | Forked"


def run(role: str, name: str, *arguments: str) -> None:
    """What a process of the soak does."""
    if role == "produce":
        produce(name)
    else:
        consume(name, *arguments)


class Soak:
    """One run. Args: see the command."""

    def __init__(self, seconds: float, seed: int, folder: Path) -> None:
        self._seconds: Final = seconds
        self._chosen: Final = random.Random(seed)
        self._folder: Final = folder
        self._name: Final = f"soak-{os.getpid()}"
        self._problems: Final[list[str]] = []
        self._kills = 0
        self._starts = 0
        #: Of the last consumer in the kept seat: what it had handled, and where its batch began.
        self._last = (-1, 0)
        self._handled = self._again = 0

    def run(self) -> bool:
        """Run it. Returns whether all is right."""
        ring = RingBuffer.create(self._name, SLOTS, LAYOUT, seats=4)
        try:
            return self._run(ring)
        finally:
            ring.unlink()

    def _run(self, ring: SharedRing) -> bool:
        ring.seat("keep").hand_over()  # it begins before the first record
        producers = [self._start_producer() for _ in range(2)]
        consumers = {"keep": self._start("keep"), "evict": self._start("evict")}
        deadline = time.monotonic() + self._seconds
        shown = time.monotonic()
        while time.monotonic() < deadline:
            pause(self._chosen.uniform(0.05, 0.6))
            is_ready = self._chosen.random() < 0.8
            if self._chosen.random() < 0.5:
                number = self._chosen.randrange(2)
                if is_ready:
                    numbers = [each.pid for each in producers]
                    await_that(partial(is_one_of, ring, numbers))
                    with contextlib.suppress(ValueError):
                        number = numbers.index(ring.status.producer)
                self._kill(producers[number])
                producers[number] = self._start_producer()
            else:
                policy = self._chosen.choice(("keep", "evict"))
                victim, note = consumers[policy]
                if is_ready:
                    await_that(partial(has_begun, note))
                self._kill(victim)
                self._judge(policy, note, ended=None)
                consumers[policy] = self._start(policy)
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                print(f"{ring.cursor + 1:,} records, {self._kills} kills", flush=True)
        ring.close()
        for each in producers:
            if each.wait(120) not in (0, -signal.SIGKILL):
                self._problems.append(f"a producer ended with {each.returncode}")
        for policy, (process, note) in consumers.items():
            if process.wait(120) != 0:
                self._problems.append(f"{policy}: a consumer ended with {process.returncode}")
            self._judge(policy, note, ended=ring.cursor)
        print(
            f"{ring.cursor + 1:,} sequences, {self._kills} kills, {self._starts} processes, "
            f"{self._handled:,} records handled, {self._again:,} handed out again after a death"
        )
        for problem in self._problems:
            print("WRONG:", problem)
        return not self._problems

    def _start_producer(self) -> Process:
        self._starts += 1
        return self._program("produce")

    def _start(self, policy: str) -> tuple[Process, Path]:
        self._starts += 1
        note = self._folder / f"note-{self._starts}"
        note.write_bytes(NOTE.pack(NOT_YET, NOT_YET, NOT_YET, 0, 0, NOT_YET))
        return self._program("consume", policy, policy, str(note)), note

    def _program(self, role: str, *arguments: str) -> Process:
        """A new program, or a fork of this one, which starts faster."""
        if self._chosen.random() < 0.9:
            return Forked(role, self._name, *arguments)
        command = [sys.executable, "-m", "tests.shared.soak", "--as", role, self._name]
        return subprocess.Popen([*command, *arguments])

    def _kill(self, process: Process) -> None:
        process.kill()
        if process.wait() not in (0, -signal.SIGKILL):
            self._problems.append(f"a process ended with {process.returncode} before its death")
        self._kills += 1

    def _judge(self, policy: str, note_path: Path, ended: int | None) -> None:
        """Check what a consumer has noted, once it is gone."""
        began, first, done, count, wrong, end = read_note(note_path)
        note_path.unlink()
        if wrong:
            self._problems.append(f"{policy}: {wrong} batches had wrong records")
        self._handled += count
        if began == NOT_YET:
            return  # killed before it had a seat
        if policy == "keep":
            self._check_succession(began)
            self._last = (began, began + 1) if first == NOT_YET else (done, first)
        if ended is not None and end != ended:
            self._problems.append(f"{policy}: ended at {end}, and the ring at {ended}")

    def _check_succession(self, began: int) -> None:
        """Check where a successor in the kept seat began.

        What its predecessor had not handled must come. What it had finished must not come again.
        """
        done, first = self._last
        if lost := list(shown(done, began)):
            self._problems.append(f"keep: began at {began}, and {lost} were not handled")
        if doubled := list(shown(began, first - 1)):
            self._problems.append(f"keep: began at {began}, and {doubled} were finished before")
        self._again += sum(1 for _ in shown(began, done))


def main() -> int:
    """The command. Returns its exit code."""
    if sys.argv[1:2] == ["--as"]:
        run(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=None, help="of what is chosen at random")
    options = parser.parse_args()
    seed = random.randrange(1 << 30) if options.seed is None else options.seed
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        return 0 if Soak(options.seconds, seed, Path(folder)).run() else 1


if __name__ == "__main__":
    sys.exit(main())
