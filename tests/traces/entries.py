"""Makes the entries of a trace from the records of threads, without turns that repeat.

An entry is one access: `Entry("load cursor", of=0, value=3)`, `Entry("load sequence", of="a",
value=2)`, `Entry("write slot", of=1, value=5)`, `Entry("swapped cursor", of=3, value=5)` from 3 to
5. Accesses to what the models do not have, such as the flag that says that a ring is closed, are no
entries.

**The end of a ring.** The closer lowers the limit and, where there are several producers, seals
the cursor (`ringbuffer/sequencer/seal.py`). Both words then hold more than TLC can count to.
With several producers the trace contains everything up to the end, in numbers that TLC holds: a
lowered limit is `SHUT`; a sealed cursor is its last claim with `of=SEALED`; the closer's swap is
`Entry("sealed cursor", of=7, value=7)`, or "not sealed cursor" where a claim came first.
Nothing can be left out there. A producer that finds the ring closed has stored a limit just
before, which another producer may load; and what was claimed is published after the seal.
A single producer alone loads and stores its limit, so its log ends where the limit is lowered:
what it does after that, before it is refused, no other thread sees. It has claimed nothing then.

**What is left out.** Who waits looks again and again, and finds the same each time. Of turns that
follow one another and are the same, entry by entry, the first and the last are kept. Those between
can be put back after the first without a change to anything else: cursor and sequences only grow,
as do `work` and `done` of a pool, a worker's `busy` is its own, and a flag does not change back
while the cursor stands, so what the first and the last turn have found was so all the time between;
and a limit that they store is the one that they have found. So nothing is accepted that would not
be accepted in full. Nor is anything refused: a turn of loads changes nothing. Only where there are
several producers, one may store a lower limit between two turns of another, and then the turns that
are left out may be missed; so where such a trace is refused, it is asked again with all turns of
its producers.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ringbuffer.processors.work.share import IDLE
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from ringbuffer.sequencer.seal import SEALED as SEALED_FROM
from ringbuffer.sequencer.seal import claimed_of
from tests.traces.memory import Noted
from tests.traces.run import Run
from tests.traces.shapes import Shape


class Entry(NamedTuple):
    """One access.

    Attributes:
        what: what was done, to what kind of place.
        of: whose, or which; for a swap, what was to be replaced, and for an addition, what was
            there before; for a load of the cursor, `SEALED` or 0.
        value: what was loaded or stored.
        claim: how many slots its thread last set out to claim; 0 for consumers.
    """

    what: str
    of: int | str
    value: int
    claim: int = 0


class Trace(NamedTuple):
    """What the threads of one run did.

    Attributes:
        shape: of the run.
        logs: for each thread, its entries.
        is_whole: whether the run came to its end, and not only the logs.
    """

    shape: Shape
    logs: dict[str, list[Entry]]
    is_whole: bool

    @property
    def length(self) -> int:
        return sum(map(len, self.logs.values()))


#: What stands for `IDLE`, which is more than TLC can count to.
NO_CLAIM = -2

#: What stands for `CLOSED_LIMIT`, the limit of a closed ring; every other limit is above it.
SHUT = -2

#: Says of a load of the cursor that it was sealed.
SEALED = 1

#: Kinds of accesses that the model of a pool does not have: events are handled, and published, in
#: one step.
NOT_OF_POOLS = ("read", "write", "exchange")

#: What the swaps of a closer are called.
SEALS = {"swapped": "sealed", "not swapped": "not sealed"}

#: An entry that begins the log of a consumer that was started again.
AGAIN = Entry("start again", 0, 0)


def trace_of(run: Run, *, all_of_producers: bool = False) -> Trace:
    """The entries of a run; `all_of_producers` keeps all turns of the producers."""
    logs = {
        thread: [
            entry
            for number, log in enumerate(logs)
            for entry in ([AGAIN] * (number > 0) + entries(log, multi=run.shape.multi))
        ]
        for thread, logs in run.logs.items()
    }
    if run.shape.is_pool:
        logs = {
            thread: [entry for entry in log if entry.what.split(" ")[0] not in NOT_OF_POOLS]
            for thread, log in logs.items()
        }
    kept = run.shape.producers if all_of_producers and run.shape.multi else []
    logs = {
        thread: log if thread in kept else without_repetitions(log) for thread, log in logs.items()
    }
    return Trace(run.shape, logs, is_whole=run.shape.halts != "stop")


def entries(log: Iterable[Noted], *, multi: bool = False) -> list[Entry]:
    """The entries of one log; of a single producer, up to where it has found the ring closed."""
    found, claim = list[Entry](), 0
    for kind, place, value in log:
        if kind == "claim":
            claim = value
        elif place is not None and place.name is not None:
            if value == CLOSED_LIMIT and not multi:
                break
            name, _, which = place.name.partition(" ")
            of: int | str = 0 if not which else int(which) if which.isdigit() else which
            if isinstance(value, tuple):
                of, value = value
            elif name == "cursor" and value >= SEALED_FROM:
                of, value = SEALED, claimed_of(value)
            elif value == IDLE:
                value = NO_CLAIM
            if name == "cursor" and value >= SEALED_FROM:  # only a closer swaps such a number in
                kind, value = SEALS[kind], claimed_of(value)
            elif name == "limit":
                of, value = (SHUT if number == CLOSED_LIMIT else number for number in (of, value))
            found.append(Entry(f"{kind} {name}", of, value, claim))
    return found


def without_repetitions(log: list[Entry]) -> list[Entry]:
    """The log without turns that are the same as the one before and the one after."""
    turns = turns_of(log)
    kept = list[Entry]()
    for number, turn in enumerate(turns):
        between = 0 < number < len(turns) - 1 and turns[number - 1] == turn == turns[number + 1]
        if not (between and says_nothing_new(turn)):
            kept.extend(turn)
    return kept


def turns_of(log: list[Entry]) -> list[list[Entry]]:
    """A consumer's turn begins with a load of the cursor; a producer's ends with a stored limit.

    Of a pool's producer there are no limits among the entries: its turn begins with a look at how
    much is done.
    """
    turns: list[list[Entry]] = [[]]
    for entry in log:
        if (entry.what, entry.claim > 0) in (("load cursor", False), ("load done", True)):
            turns.append([])
        turns[-1].append(entry)
        if entry.what == "store limit":
            turns.append([])
    return [turn for turn in turns if turn]


def says_nothing_new(turn: list[Entry]) -> bool:
    """Whether it changes nothing: only loads, and stores of a limit that is there, or its own."""
    stored = [entry.value for entry in turn if entry.what == "store limit"]
    others = [entry for entry in turn if entry.what != "store limit"]
    return all(entry.what.startswith("load ") for entry in others) and all(
        entry.value in stored for entry in others if entry.what == "load limit" and stored
    )
