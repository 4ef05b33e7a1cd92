"""`HandlerRow`: the handlers that share a thread, how far each is, and which is next."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.shared import SharedRunner


class HandlerRow:
    """The handlers of a `RunnerGroup`. The caller of each method holds its lock.

    In the row stand exactly the handlers that are behind the goal, that no thread drives, and that
    were not stopped.

    Args:
        ring: the ring.
        batch: the most events that a handler gets at once.

    Attributes:
        gate: gates the publishers for all of these handlers. It follows the one that is furthest
            behind, and only grows, because the lock is held when it is moved.
        handlers: all handlers that hold the publishers back.
        active: how many of them were not stopped.
        goal: the last published sequence that a thread has seen. It only grows.
    """

    def __init__(self, ring: RingBuffer[Any], batch: int) -> None:
        self._batch: Final = batch
        self.gate: Final = Sequence(memory=ring.memory)
        self.handlers: Final[dict[SharedRunner, None]] = {}
        self.active = 0
        self.goal = -1
        self._waiting: Final[deque[SharedRunner]] = deque()
        #: How many of the handlers are at each position.
        self._counts: Final[dict[int, int]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no handler waits to be driven."""
        return not self._waiting

    def add(self, runner: "SharedRunner", at: int) -> None:
        """Add a handler that begins behind `at`, which is not before the goal if there are others.

        So the gate is not beyond it.
        """
        runner.own[0] = runner.at = at
        if at > self.goal and not self.handlers:
            self.goal = at
        count = self._counts.get(at, 0)
        # Nothing is called between these, so an interrupt finds all of them or none.
        self._counts[at] = count + 1
        self.active += 1
        self.handlers[runner] = None

    def stop(self, runner: "SharedRunner") -> None:
        """Drive a handler no more after its current batch. A second call changes nothing."""
        if runner in self._waiting:
            self._waiting.remove(runner)
        if not runner.is_stopping:
            self.active -= runner in self.handlers  # nothing is called between the two
            runner.is_stopping = True

    def forget(self, runner: "SharedRunner") -> None:
        """Hold the publishers back for a handler no more. A second call changes nothing."""
        if runner not in self.handlers:
            return
        count = self._counts[runner.at]
        # Nothing is called between these, so an interrupt finds both or none.
        if count > 1:
            self._counts[runner.at] = count - 1
        else:
            del self._counts[runner.at]
        del self.handlers[runner]

    def move_gate(self) -> bool:
        """Let the gate follow the handler that is furthest behind; return whether it has moved.

        A handler is counted at a position when its thread has read the slots up to there, and has
        taken the lock afterwards.
        """
        lowest = min(self._counts)
        if lowest <= self.gate.get():
            return False
        self.gate.set(lowest)
        return True

    def take(self) -> "SharedRunner":
        """Take the next handler, to be driven up to its `until`. There is one."""
        runner = self._waiting.popleft()
        until = runner.at + self._batch
        runner.until = until if until < self.goal else self.goal
        runner.is_driven = True
        return runner

    def put_back(self, done: "SharedRunner", keeps: bool) -> bool:
        """Take back a handler that a thread has driven, unless the thread keeps it.

        Returns whether the gate has moved.
        """
        has_moved = False
        done.is_driven = keeps
        if done in self.handlers:
            counts, before, after = self._counts, done.at, done.until
            counts[after] = counts.get(after, 0) + 1
            done.at = after
            if counts[before] > 1:
                counts[before] -= 1
            else:
                del counts[before]
                has_moved = self.move_gate()
        if done.is_stopping:
            done.ended.set()
        elif done.at < self.goal and not keeps:
            self._waiting.append(done)
        return has_moved

    def look_for_events(self, highest: Callable[[int], int]) -> None:
        """Look for a later goal, when no handler waits to be driven.

        Everything up to the goal is published, so `highest` begins behind it.
        """
        goal = highest(self.goal + 1)
        if goal <= self.goal:
            return
        self.goal = goal
        self._waiting.extend(
            [
                each
                for each in self.handlers
                if each.at < goal and not each.is_driven and not each.is_stopping
            ]
        )
