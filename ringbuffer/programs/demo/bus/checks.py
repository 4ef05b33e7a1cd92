"""The checks: do both modes find the same as a plain, single-threaded pass over the input?"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from ringbuffer.messaging import DeadLetter
from ringbuffer.programs.demo.bus.findings import Findings
from ringbuffer.programs.demo.bus.messages import Arrived, LineBlock, event_of
from ringbuffer.programs.demo.bus.relay import ATTEMPTS, Relayed
from ringbuffer.programs.demo.checks import Check


class Failed(NamedTuple):
    """What a dead letter says.

    Attributes:
        handler: the name of the handler.
        number: of the block; -1 for the end mark.
        attempts: how often it was tried.
    """

    handler: str
    number: int
    attempts: int


class Plain:
    """The plain pass.

    Args:
        blocks: gives the input's blocks anew at each call.
        files: how many files the input has.
    """

    def __init__(self, blocks: Callable[[], Iterable[LineBlock]], files: int) -> None:
        self._blocks: Final = blocks
        self._files: Final = files
        self._passes: Final[dict[int, tuple[Findings, list[Failed]]]] = {}

    def of_first(self, messages: int) -> tuple[Findings, list[Failed]]:
        """What is to be found in the first so many blocks, and the dead letters to be expected."""
        if messages not in self._passes:
            findings = Findings(self._files)
            unreadable = findings.add_all(islice(self._blocks(), messages))
            self._passes[messages] = (
                findings,
                [Failed("reader", number, ATTEMPTS) for number in unreadable],
            )
        return self._passes[messages]


def check(relayed: Relayed, plain: Plain) -> list[Check]:
    """Compare what one mode found with the plain pass over what was sent."""
    found = relayed.findings
    expected, expected_letters = plain.of_first(relayed.sent)
    letters = failures(relayed)
    lines, size = sum(found.counter.lines), sum(found.counter.bytes)
    return [
        Check(
            "the checksum equals a plain pass",
            (found.messages, found.crc) == (expected.messages, expected.crc)
            and found.messages == relayed.sent,
            f"{found.messages:,} of {relayed.sent:,} messages, checksum {found.crc:08x}; "
            f"the input's is {expected.crc:08x}",
        ),
        Check(
            "the counts equal a plain pass",
            found.counter.lines == expected.counter.lines
            and found.counter.bytes == expected.counter.bytes,
            f"{lines:,} of {sum(expected.counter.lines):,} lines, {size:,} bytes",
        ),
        Check(
            "the index equals a plain pass",
            found.words == expected.words and found.latency.distribution().count == relayed.sent,
            f"{len(found.words):,} words, {sum(found.words.values()):,} times",
        ),
        Check(
            "the dead letters equal a plain pass",
            letters == expected_letters,
            f"{len(letters):,}, each after {ATTEMPTS} attempts"
            if letters == expected_letters
            else f"{len(letters):,}, and {len(expected_letters):,} were expected: "
            f"{_difference(letters, expected_letters)}",
        ),
        Check(
            "every event belongs to its message",
            found.uncorrelated == 0,
            f"{found.uncorrelated:,} do not say what caused them",
        ),
    ]


def compare(runs: Sequence[Relayed]) -> list[Check]:
    """Compare both modes with each other, if both had the same messages."""
    if len(runs) < 2 or runs[0].sent != runs[1].sent:
        return []
    facts = [
        (
            run.findings.messages,
            run.findings.crc,
            run.findings.counter.lines,
            run.findings.words,
            failures(run),
        )
        for run in runs
    ]
    return [
        Check(
            "both modes found the same", facts[0] == facts[1], f"{runs[0].name} and {runs[1].name}"
        )
    ]


def failures(relayed: Relayed) -> list[Failed]:
    """The dead letters, sorted: retries overtake each other."""
    return sorted(
        Failed(letter.handler, _number(letter), letter.attempts)
        for letter in relayed.dead_letters.list()
    )


def _number(letter: DeadLetter) -> int:
    """The number of the block in a dead letter.

    A dead letter of the queue's consumer has the message, not the event.
    """
    envelope = letter.delivery.envelope
    event = letter.message if envelope is None else event_of(envelope)
    return event.block.number if isinstance(event, Arrived) else -1


def _difference(found: list[Failed], expected: list[Failed]) -> str:
    """The first letter that is on one side only."""
    odd = sorted(set(found) ^ set(expected))
    return (
        f"the {odd[0].handler}'s for message {odd[0].number}, {odd[0].attempts} attempt(s)"
        if odd
        else "some came twice"
    )
