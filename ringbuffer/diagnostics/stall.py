"""`StallDetector`: finds consumers that hold up a ring, and deadlocks between rings.

A consumer stalls a ring if it is the furthest behind, has events to handle, and its sequence does
not move. The detector looks periodically, and does not change the ring. It reports how long the
consumer has not moved, the stacks of its threads, and whether it can ever continue.

A consumer that waits for free capacity in its own ring gets a `DeadlockError` from that ring. The
detector finds the deadlocks that no single ring can see. Then the thread that holds up ring A waits
for free capacity in ring B. The thread that holds up B waits for free capacity in A. Such a circle
may have any number of rings.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from ringbuffer.checks import check_duration
from ringbuffer.diagnostics.gating import Gating, Watched
from ringbuffer.diagnostics.kinds import check_distinct
from ringbuffer.diagnostics.stacks import stacks, task_stack
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.service import ServiceThread

logger: Final = logging.getLogger("ringbuffer.diagnostics")


#: The place of a consumer: the name of its ring, its own name, and its sequence.
type Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Stall:
    """A consumer that holds up its ring, queue or bus.

    Attributes:
        ring: the name of the ring, queue or bus.
        gating: the consumer, and its position.
        seconds: how long its sequence had not moved, since the first look that found it there.
        stacks: the stacks of its threads, by number, the innermost frame first; threads whose stack
            is not known are missing.
        producers: the stacks of the threads that wait for free capacity in this ring, by number; a
            stack that is not known is empty.
        deadlock: the names of the rings of a circle, this ring first. The consumer of each waits
            for free capacity in the next. Empty without a deadlock.
        task: the frames of the consumer's task in an event loop, the innermost first; empty without
            a task.
    """

    ring: str
    gating: Gating
    seconds: float
    stacks: Mapping[int, tuple[str, ...]]
    producers: Mapping[int, tuple[str, ...]]
    deadlock: tuple[str, ...]
    task: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write all of it, in lines."""
        who = self.gating
        state = f", {who.state}" if who.state else ""
        waiting = len(self.producers)
        lines = [
            f"{who.consumer!r}{state} holds up {self.ring!r}: it has not moved from sequence "
            f"{who.sequence} for {self.seconds:.1f} s, {who.lag} events behind; "
            f"{waiting} producer{' waits' if waiting == 1 else 's wait'} for free capacity"
        ]
        if self.deadlock:
            circle = " -> ".join(repr(name) for name in (*self.deadlock, self.deadlock[0]))
            lines.append(
                f"deadlock: the consumer of each waits for free capacity in the next: {circle}"
            )
        for what, threads in (("consumer", self.stacks), ("producer", self.producers)):
            for thread, frames in threads.items():
                lines += [f"{what}'s thread {thread:#x}:", *(f"  {frame}" for frame in frames)]
        if self.task:
            lines += ["consumer's task:", *(f"  {frame}" for frame in self.task)]
        return "\n".join(lines)


class StallDetector(OneProcess):
    """Watches rings, queues and buses.

    Any thread may call `look`. After `start`, the detector looks and logs in its own thread.

    Args:
        things: rings, disruptors, queues and buses of this library, and objects with a `ring`; or
            `Watched`, to give them names. The names must differ.
        after: how long a consumer may stand still, in seconds, before it stalls its ring.
        on_stall: called with each stall that the thread logs, in that thread.
        log: the logger of the thread. It gets a warning for each new stall, and again whenever the
            stall has become twice as long. For a deadlock it gets an error.
        host: provides the clock, the lock and the thread.

    Raises:
        TypeError: one of `things` cannot be watched.
        ValueError: `things` is empty, two have the same name, or `after` is not positive.
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
        self._watched: Final = tuple(
            each if isinstance(each, Watched) else Watched(each) for each in things
        )
        check_distinct([each.name for each in self._watched], "Watched(ring, name)")
        self._after: Final = check_duration("after", after)
        self._on_stall: Final = on_stall
        self._log: Final = log
        self._host: Final = host
        self._lock: Final = host.lock()
        #: When each consumer that holds up a ring was first seen at its present sequence.
        self._since: dict[Place, float] = {}
        #: How long a stall must be to be logged again.
        self._next: dict[Place, float] = {}
        self._stop = host.event()
        self._thread: Final = ServiceThread(self._run, host=host, name="stall detector")
        self._was_started = False
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        """In a child process: stop the thread.

        It exists there only if a callback forked and returned.
        """
        self._stop.set()

    # -- looking --------------------------------------------------------------------------

    def look(self, *, with_stacks: bool = True) -> list[Stall]:
        """Find the consumers that have held up their rings for `after` seconds or more. Any thread.

        The time counts from the first look that found a consumer at its sequence. So rare looks
        find a stall late.

        Args:
            with_stacks: whether to take stacks, which stops all threads for a moment.
        """
        with self._lock:
            now = self._host.monotonic()
            gating = [(watched, each) for watched in self._watched for each in watched.gating()]
            since = {_place(watched, each): now for watched, each in gating}
            # A block must not contain a comprehension with a condition: see `ringbuffer.system`.
            since |= {place: self._since[place] for place in since.keys() & self._since.keys()}
            self._since = since
        stalled = [
            (watched, each)
            for watched, each in gating
            if now - since[_place(watched, each)] >= self._after
        ]
        if not stalled:
            return []
        frames, circles = stacks() if with_stacks else {}, self._circles(gating)
        return [
            Stall(
                watched.name,
                each,
                now - since[_place(watched, each)],
                {thread: frames[thread] for thread in each.threads if thread in frames},
                {
                    thread: frames.get(thread, ())
                    for thread in watched.waiting_producers()
                    if not frames or thread in frames
                },
                circles.get(watched, ()),
                self._task_stack(watched, each.consumer) if with_stacks else (),
            )
            for watched, each in stalled
        ]

    def _task_stack(self, watched: Watched, consumer: str) -> tuple[str, ...]:
        task: Any = watched.tasks().get(consumer)
        return () if task is None else task_stack(task, self._host)

    def _circles(self, gating: list[tuple[Watched, Gating]]) -> dict[Watched, tuple[str, ...]]:
        """Return, for each ring of a circle, the names of the circle's rings, from that ring on."""
        waiting = {watched: set(watched.waiting_producers()) for watched in self._watched}
        into = {
            watched: [
                other
                for other in self._watched
                if any(waiting[other].intersection(each.threads) for each in those)
            ]
            for watched in self._watched
            if (those := [each for mine, each in gating if mine is watched])
        }
        found = {watched: _circle_from(watched, into) for watched in self._watched}
        return {
            watched: tuple(each.name for each in circle)
            for watched, circle in found.items()
            if circle
        }

    # -- the thread -----------------------------------------------------------------------

    def start(self) -> Self:
        """Look in its own thread, several times in each `after` seconds, until `close`.

        Raises:
            RuntimeError: it was started before.
        """
        with self._lock:
            if self._was_started:
                raise RuntimeError("this stall detector was started before; make a new one")
            self._thread.ensure()
            self._was_started = True
        return self

    def close(self) -> None:
        """End the thread, and wait for its end."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()

    def _run(self) -> None:
        """Look and report. Terminates because `close` sets the event, which also ends the wait."""
        while not self._stop.wait(self._after / 4):
            try:
                self.report()
            except BaseException:  # also what `on_stall` raises
                self._log.exception("the stall detector failed, and continues")

    def report(self) -> list[Stall]:
        """Log each stall that is new, or has become twice as long; return these stalls."""
        stalls = [stall for stall in self.look() if self._is_due(stall)]
        for stall in stalls:
            self._log.log(logging.ERROR if stall.deadlock else logging.WARNING, "%s", stall)
            if self._on_stall is not None:
                self._on_stall(stall)
        return stalls

    def _is_due(self, stall: Stall) -> bool:
        """Whether to log it now; if so, it is due again when it is twice as long."""
        place = (stall.ring, stall.gating.consumer, stall.gating.sequence)
        with self._lock:
            # A block must not contain a comprehension with a condition: see `ringbuffer.system`.
            self._next = {each: self._next[each] for each in self._next.keys() & self._since.keys()}
            if stall.seconds < self._next.get(place, 0.0):
                return False
            self._next[place] = 2 * stall.seconds
            return True


def _place(watched: Watched, gating: Gating) -> Place:
    return watched.name, gating.consumer, gating.sequence


def _circle_from(start: Watched, into: dict[Watched, list[Watched]]) -> tuple[Watched, ...]:
    """Find a path from `start` back to it; return its rings in order, or an empty tuple.

    Terminates because it visits each ring at most once.
    """
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
