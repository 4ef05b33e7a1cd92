"""A soak of a ring between processes, in which processes are killed at random.

    python -m tests.shared.soak --seconds 60 --seed 1

One ring, and programs of their own that produce into it or consume from it. Every few hundred
milliseconds one of them is killed with SIGKILL, and a successor starts. Each consumer notes the
records that it has handled in a file that it maps: so what it had handled is known after its death.
In the end each record is counted:

* no record is torn, and each is the one that belongs to its sequence;
* a seat that is kept gets every record that was published, in order, through all its successors;
* a record is handled twice only if its consumer died before it had finished the batch;
* a seat that is evicted gets every record from its start to its end, while its consumer lives.

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
import time
from pathlib import Path
from typing import Final

from ringbuffer import RingBuffer, RingBufferClosedError
from ringbuffer.errors import SeatTakenError
from ringbuffer.records import RecordLayout
from ringbuffer.shared import OnDeath, SharedRing

LAYOUT: Final = RecordLayout.of_struct("qqq", "sequence one two")
SLOTS: Final = 256
#: The note of a consumer: where it began; the first and the last sequence of its current batch; the
#: last that it has handled; the records that it has handled; the wrong ones.
NOTE: Final = struct.Struct("=6q")
BEGAN, FIRST, LAST, DONE, COUNT, WRONG = range(6)


def record(sequence: int) -> tuple[int, int, int]:
    """The record of a sequence."""
    return sequence, sequence * 7 + 3, sequence * 7 + 3


def produce(name: str, seed: int) -> None:
    """Publishes batches, and claims that are skipped, until the ring is closed."""
    chosen = random.Random(seed)
    ring = RingBuffer.attach(name)
    while True:
        try:
            producer = ring.producer()
            break
        except SeatTakenError:
            time.sleep(0.001)
    with contextlib.suppress(RingBufferClosedError):
        while True:
            count = chosen.randrange(1, 40)
            if chosen.random() < 0.7:
                first = ring.cursor + 1
                made = [record(first + index) for index in range(count)]
                producer.publish_records(made, chunk=64)
                continue
            with contextlib.suppress(KeyError), producer.claim(count) as claim:
                for index in range(count):
                    claim[index] = (-1, -2, -3)
                    claim[index] = record(claim.sequences[index])
                if chosen.random() < 0.5:
                    claim[0] = (-4, -5, -6)
                    raise KeyError


def consume(name: str, seat_name: str, policy: str, note_path: str) -> None:
    """Reads until the ring has ended, and keeps its note true."""
    with open(note_path, "r+b") as file:
        note = memoryview(mmap.mmap(file.fileno(), NOTE.size)).cast("q")
    ring = RingBuffer.attach(name)
    seat = ring.seat(seat_name, OnDeath(policy))
    note[BEGAN] = note[DONE] = seat.position
    previous = seat.position
    for records, first in seat.batches():
        rows = records.tolist()
        note[FIRST], note[LAST] = first, first + len(rows) - 1
        wrong = first <= previous
        for sequence, row in enumerate(rows, first):
            wrong |= row != record(sequence)
        previous = first + len(rows) - 1
        note[WRONG] += wrong
        note[COUNT] += len(rows)
        note[DONE] = previous
    print(f"ended {seat.position}", flush=True)
    seat.leave()


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
        #: What a kept seat must begin with: its name, and the last note of its consumer.
        self._last_done: Final[dict[str, tuple[int, int, int]]] = {}
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
            time.sleep(self._chosen.uniform(0.05, 0.6))
            if self._chosen.random() < 0.5:
                number = self._chosen.randrange(2)
                self._kill(producers[number])
                producers[number] = self._start_producer()
            else:
                policy = self._chosen.choice(("keep", "evict"))
                victim, note = consumers[policy]
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
            told, _ = process.communicate(timeout=120)
            if told.strip() != f"ended {ring.cursor}":
                self._problems.append(f"{policy} said {told!r}, and the cursor is {ring.cursor}")
            self._judge(policy, note, ended=ring.cursor)
        print(
            f"{ring.cursor + 1:,} sequences, {self._kills} kills, {self._starts} processes, "
            f"{self._handled:,} records handled, {self._again:,} handed out again after a death"
        )
        for problem in self._problems:
            print("WRONG:", problem)
        return not self._problems

    def _start_producer(self) -> "subprocess.Popen[str]":
        self._starts += 1
        return self._program("produce", str(self._chosen.randrange(1 << 30)))

    def _start(self, policy: str) -> tuple["subprocess.Popen[str]", Path]:
        self._starts += 1
        note = self._folder / f"note-{self._starts}"
        note.write_bytes(NOTE.pack(-2, -2, -2, -2, 0, 0))
        return self._program("consume", policy, policy, str(note)), note

    def _program(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.shared.soak", "--as", arguments[0], self._name]
        return subprocess.Popen(
            [*command, *arguments[1:]], stdout=subprocess.PIPE, stderr=None, text=True
        )

    def _kill(self, process: "subprocess.Popen[str]") -> None:
        process.kill()
        if process.wait() not in (0, -signal.SIGKILL):
            self._problems.append(f"a process ended with {process.returncode} before its death")
        self._kills += 1

    def _judge(self, policy: str, note_path: Path, ended: int | None) -> None:
        """Check what a consumer has noted, once it is gone."""
        began, first, last, done, count, wrong = NOTE.unpack(note_path.read_bytes())
        note_path.unlink()
        if wrong:
            self._problems.append(f"{policy}: {wrong} batches had wrong records")
        self._handled += count
        if began == -2:
            return  # killed before it had a seat
        if policy == "keep":
            before = self._last_done.get(policy)
            if before is not None:
                done_before, first_before, last_before = before
                if began not in (done_before, first_before - 1, last_before):
                    # Skipped sequences may lie between the last batch and the position
                    low = min(done_before, first_before - 1)
                    if not low <= began:
                        self._problems.append(f"keep: began at {began}, was at {before}")
                self._again += max(0, done_before - began)
                if done_before - began > SLOTS:
                    self._problems.append(f"keep: {done_before - began} records again")
            self._last_done[policy] = (done if first != -2 else began, first, last)
            if first == -2:
                self._last_done[policy] = (began, began + 1, began)
        if ended is not None and done > ended:
            self._problems.append(f"{policy}: handled {done}, beyond {ended}")


def main() -> int:
    """The command. Returns its exit code."""
    if sys.argv[1:2] == ["--as"]:
        role, name, *rest = sys.argv[2:]
        if role == "produce":
            produce(name, int(rest[0]))
        else:
            consume(name, *rest)
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
