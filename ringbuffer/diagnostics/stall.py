"""`StallDetector`: which consumer holds up a ring, for how long, what it is doing, and whether it can ever go on.

A consumer stalls a ring when it is the furthest behind, has something to do, and its sequence does not move. The detector looks
from time to time, from outside; the ring knows nothing of it.

A consumer that waits for room in its own ring gets a `DeadlockError` from the ring itself. Here the deadlocks are found that no
single ring can see: the thread that holds up ring A waits for room in ring B, and the one that holds up B waits for room in
A, over any number of rings.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from ringbuffer.diagnostics.gating import Gating, Watched
from ringbuffer.diagnostics.stacks import stacks
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.wait.strategy import check_seconds

logger: Final = logging.getLogger("ringbuffer.diagnostics")


#: Where a consumer of a ring stands: the ring's name, the consumer's, the sequence.
type Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Stall:
    """A consumer that holds up its ring.

    Attributes:
        ring: its name.
        gating: the consumer, and how far it was.
        seconds: for how long its sequence had not moved, as far as was looked.
        stacks: of its threads, by number, the innermost frame first; what cannot be told is missing.
        producers: of the threads that wait for room in this ring, by number, the stacks; empty where those cannot be told.
        deadlock: the rings of a circle, each of whose consumers waits for room in the next, this ring the first; empty if none.
    """

    ring: str
    gating: Gating
    seconds: float
    stacks: Mapping[int, tuple[str, ...]]
    producers: Mapping[int, tuple[str, ...]]
    deadlock: tuple[str, ...]

    def __str__(self) -> str:
        """All of it, in lines."""
        who = self.gating
        state = f", {who.state}" if who.state else ""
        lines = [
            f"{who.consumer!r}{state} holds up {self.ring!r}: it has not moved from sequence {who.sequence} for "
            f"{self.seconds:.1f} s, {who.lag} events behind; {len(self.producers)} producers wait for room"
        ]
        if self.deadlock:
            circle = " -> ".join(repr(name) for name in (*self.deadlock, self.deadlock[0]))
            lines.append(f"deadlock: the consumer of each waits for room in the next: {circle}")
        for what, threads in (("consumer", self.stacks), ("producer", self.producers)):
            for thread, frames in threads.items():
                lines += [f"{what}'s thread {thread:#x}:", *(f"  {frame}" for frame in frames)]
        return "\n".join(lines)


class StallDetector:
    """Watches rings. `look` from any thread; or `start` it, and a thread of its own looks and logs.

    Args:
        things: rings, disruptors, or things with a `ring`, such as buses; or `Watched`, to give them names, which must differ.
        after: how long a consumer may stand still, in seconds, before it stalls its ring.
        on_stall: called with each stall that the thread logs, in that thread.
        log: where the thread writes: a warning when a stall is found and whenever it has become twice as long, and an error
            where it is a deadlock.
        host: what provides the clock, the lock and the thread.

    Raises:
        TypeError: one of `things` has no ring.
        ValueError: there is none, two have the same name, or `after` is not positive.
    """

    def __init__(
        self,
        *things: object,
        after: float = 5.0,
        on_stall: Callable[[Stall], object] | None = None,
        log: logging.Logger = logger,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if not things:
            raise ValueError("name at least one ring to watch")
        self._watched: Final = tuple(each if isinstance(each, Watched) else Watched(each) for each in things)
        names = [each.name for each in self._watched]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"several are called {', '.join(sorted(twice))}: pass Watched(ring, name) to tell them apart")
        self._after: Final = check_seconds("after", after)
        self._on_stall: Final = on_stall
        self._log: Final = log
        self._host: Final = host
        self._lock: Final = host.lock()
        #: When each consumer that holds up a ring was first seen where it stands.
        self._since: dict[Place, float] = {}
        #: How long a stall must be to be logged again.
        self._next: dict[Place, float] = {}
        self._stop = host.event()
        self._thread: Thread | None = None

    # -- looking ------------------------------------------------------------------------------------------------

    def look(self) -> list[Stall]:
        """Who holds up which ring now, and has for `after` seconds at least. Any thread.

        The time counts from the first look that found it there, so what looks seldom finds it late.
        """
        with self._lock:
            now = self._host.monotonic()
            gating = [(watched, each) for watched in self._watched for each in watched.gating()]
            since = {_place(watched, each): now for watched, each in gating}
            since |= {place: at for place, at in self._since.items() if place in since}
            self._since = since
            stalled = [(watched, each) for watched, each in gating if now - since[_place(watched, each)] >= self._after]
        if not stalled:
            return []
        frames, circles = stacks(), self._circles(gating)
        return [
            Stall(
                watched.name,
                each,
                now - since[_place(watched, each)],
                {thread: frames[thread] for thread in each.threads if thread in frames},
                {thread: frames.get(thread, ()) for thread in watched.waiting_producers() if not frames or thread in frames},
                circles.get(watched, ()),
            )
            for watched, each in stalled
        ]

    def _circles(self, gating: list[tuple[Watched, Gating]]) -> dict[Watched, tuple[str, ...]]:
        """For each ring that is in a circle, the names of the rings in it, from that one on."""
        waiting = {watched: set(watched.waiting_producers()) for watched in self._watched}
        into = {
            watched: [other for other in self._watched if any(waiting[other].intersection(each.threads) for each in those)]
            for watched in self._watched
            if (those := [each for mine, each in gating if mine is watched])
        }
        found = {watched: _circle_from(watched, into) for watched in self._watched}
        return {watched: tuple(each.name for each in circle) for watched, circle in found.items() if circle}

    # -- a thread that looks --------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Look in a thread of its own, several times in each `after` seconds, until `close`; once.

        Raises:
            RuntimeError: it was started before.
        """
        with self._lock:
            if self._thread is not None:
                raise RuntimeError("this stall detector was started before; make a new one")
            self._thread = self._host.start_thread(self._run, "stall detector")
        return self

    def close(self) -> None:
        """End the thread, and wait for its end."""
        self._stop.set()
        if self._thread is not None and self._thread is not self._host.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        """Look, report, wait. Ends when `close` sets the event, which also ends the wait."""
        while not self._stop.wait(self._after / 4):
            try:
                self.report()
            except Exception:
                self._log.exception("the stall detector failed, and goes on")

    def report(self) -> list[Stall]:
        """Look, and log what is new, or has become twice as long; what was logged."""
        stalls = [stall for stall in self.look() if self._is_due(stall)]
        for stall in stalls:
            self._log.log(logging.ERROR if stall.deadlock else logging.WARNING, "%s", stall)
            if self._on_stall is not None:
                self._on_stall(stall)
        return stalls

    def _is_due(self, stall: Stall) -> bool:
        """Whether it is to be logged now; if so, it is due again when it is twice as long."""
        place = (stall.ring, stall.gating.consumer, stall.gating.sequence)
        with self._lock:
            self._next = {each: at for each, at in self._next.items() if each in self._since}
            if stall.seconds < self._next.get(place, 0.0):
                return False
            self._next[place] = 2 * stall.seconds
            return True


def _place(watched: Watched, gating: Gating) -> Place:
    return watched.name, gating.consumer, gating.sequence


def _circle_from(start: Watched, into: dict[Watched, list[Watched]]) -> tuple[Watched, ...]:
    """The rings on a way from `start` back to it, in order; empty if there is none. Looks at each ring once."""
    paths: list[tuple[Watched, ...]] = [(start,)]
    seen: set[Watched] = set()
    while paths:
        path = paths.pop()
        for following in into.get(path[-1], ()):
            if following is start:
                return path
            if following not in seen:
                seen.add(following)
                paths.append((*path, following))
    return ()
