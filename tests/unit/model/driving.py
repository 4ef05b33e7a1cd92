"""Driving a mirror by whole operations, so that it can stand beside the real thing."""

import os
from dataclasses import replace
from typing import Any, ClassVar, Final

from hypothesis import settings

from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable
from tests.unit.model.graphs import State

#: More events than any run publishes.
FOREVER: Final = 1_000_000_000


def side_by_side(examples: int, steps: int) -> settings:
    """The same runs every time, so that a disagreement stays found; RINGBUFFER_EXAMPLES may make them fewer."""
    examples = min(examples, int(os.environ.get("RINGBUFFER_EXAMPLES", examples)))
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, report_multiple_bugs=False
    )


class Driven:
    """A mirror, and the state that it is in.

    Attributes:
        mirror: whose steps are taken.
        state: replaced by every step, never changed.
    """

    def __init__(self, mirror: Any) -> None:
        self.mirror = mirror
        self.state: State = mirror.initial()

    def at(self, thread: str) -> str:
        """Where a thread is."""
        place: str = self.state["pc"][thread]
        return place

    def set(self, **changes: Any) -> None:
        self.state = {**self.state, **changes}

    def can(self, thread: str, **bounds: Any) -> bool:
        """Whether a thread can take a step, within other bounds than the mirror's own."""
        return any(True for _ in replace(self.mirror, **bounds).of_thread(self.state, thread))

    def fire(self, thread: str, action: str | None = None, **bounds: Any) -> str:
        """Take the thread's first step, or the first one of that name; its name.

        Within other bounds only one claim is possible: that is how its size is chosen.
        """
        for label, changes in replace(self.mirror, **bounds).of_thread(self.state, thread):
            if action is None or label == action:
                self.set(**changes)
                return str(label)
        raise AssertionError(f"{thread} at {self.at(thread)!r} cannot take the step {action or 'that it should'}")

    def go(self, thread: str, *rests: str, **bounds: Any) -> None:
        """Take steps of a thread, at least one, until it is at one of the places where it rests."""
        self.fire(thread, **bounds)
        while self.at(thread) not in rests:
            self.fire(thread, **bounds)


class AtOnce:
    """A wait strategy that times out at once."""

    is_blocking: ClassVar[bool] = False

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        barrier.check_alert()
        return dependent.get()

    def signal_all_when_blocking(self) -> None:
        pass
