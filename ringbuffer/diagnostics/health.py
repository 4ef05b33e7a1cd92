"""`Health`: whether rings, queues and buses are healthy, and if not, why.

A probe may ask it, to report a problem or to restart the program. There are three kinds of problem:
the thing is closed, one of its consumers has died, or one of them stalls.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from ringbuffer.diagnostics.gating import Watched, can_be_watched
from ringbuffer.diagnostics.kinds import as_bus, as_message_queue, name_of
from ringbuffer.diagnostics.sampler import Sampler
from ringbuffer.diagnostics.stall import Stall, StallDetector
from ringbuffer.disruptor import Disruptor
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.processors.state import describe
from ringbuffer.ring_buffer import RingBuffer

STALLED: Final = "stalled"
DEAD: Final = "dead consumer"
CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a ring, queue or bus is not healthy.

    Attributes:
        kind: "stalled", "dead consumer" or "closed".
        name: the name of the ring, queue or bus.
        consumer: its name; None if it is not known, or if the problem concerns the whole thing.
        text: a sentence.
    """

    kind: str
    name: str
    consumer: str | None
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, which `json` can write."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Health(OneProcess):
    """Looks for problems of rings, disruptors, queues and buses. Any thread.

    Args:
        things: rings, disruptors, queues and buses of this library, or `Sampler`s of them; other
            objects that can be observed are taken to be healthy.
        after: how long a consumer may stand still with unfinished events, in seconds, before it
            stalls. The time counts from the first look that finds it there: look at least as often.
        host: provides the clock and the lock.

    Raises:
        ValueError: there is nothing to look at, two things have the same name, or `after` is not
            positive.
    """

    def __init__(self, *things: object, after: float = 5.0, host: Host = SYSTEM_HOST) -> None:
        if not things:
            raise ValueError("name at least one ring, disruptor, queue or bus")
        self._named: Final = tuple(map(_with_name, things))
        watched = [Watched(thing, name) for thing, name in self._named if can_be_watched(thing)]
        self._detector: Final = StallDetector(*watched, after=after, host=host) if watched else None

    def problems(self) -> tuple[Problem, ...]:
        """The problems that there are now; empty if everything is healthy."""
        found = [problem for thing, name in self._named for problem in _problems_of(thing, name)]
        if self._detector is not None:
            found += map(_stalled, self._detector.look(with_stacks=False))
        return tuple(found)


def _with_name(thing: object) -> tuple[object, str]:
    return (thing.thing, thing.name) if isinstance(thing, Sampler) else (thing, name_of(thing))


def _stalled(stall: Stall) -> Problem:
    return Problem(STALLED, stall.ring, stall.gating.consumer, str(stall).partition("\n")[0])


def _problems_of(thing: Any, name: str) -> Iterator[Problem]:
    """The problems that one look finds."""
    dead = list(_dead_consumers(thing, name))
    ring = thing if isinstance(thing, RingBuffer) else getattr(thing, "ring", None)
    if isinstance(ring, RingBuffer) and ring.sequencer.is_closed:
        reason = ring.sequencer.state.refusal()
        if not dead and isinstance(reason, ConsumerFailedError):
            dead.append(Problem(DEAD, name, None, f"a consumer of {name!r} died: {reason}"))
        yield from dead
        yield Problem(CLOSED, name, None, f"{name!r} is closed: {reason}")
        return
    yield from dead
    if getattr(thing, "is_closed", False) is True or getattr(thing, "is_shutdown", False) is True:
        yield Problem(CLOSED, name, None, f"{name!r} is closed")


def _dead_consumers(thing: Any, name: str) -> Iterator[Problem]:
    if isinstance(thing, Disruptor):
        for node in thing.graph.nodes:
            for processor, failure in node.failures:
                text = f"consumer {processor.name!r} of {name!r} died of {describe(failure)}"
                yield Problem(DEAD, name, processor.name, text)
    messages = as_message_queue(thing) or as_bus(thing)
    for each in () if messages is None else messages.progress():
        if each.state == "DIED":
            text = f"consumer {each.name!r} of {name!r} died; the program's log says why"
            yield Problem(DEAD, name, each.name, text)
