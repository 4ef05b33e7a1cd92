"""`Driven`: a mirror that a test drives by whole operations, beside the real thing."""

from dataclasses import replace
from typing import Any, Final

from spec.mirrors.mirror import State

#: More events than any test publishes.
FOREVER: Final = 1_000_000_000


class Driven:
    """A mirror, and the state that it is in.

    Attributes:
        mirror: the mirror, which says what the steps are.
        state: the state; each step replaces it, and none changes it.
    """

    def __init__(self, mirror: Any) -> None:
        self.mirror = mirror
        self.state: State = mirror.initial()

    def at(self, thread: str) -> str:
        """Returns where a thread is."""
        place: str = self.state["pc"][thread]
        return place

    def set(self, **changes: Any) -> None:
        """Replace variables."""
        self.state = {**self.state, **changes}

    def can(self, thread: str, **bounds: Any) -> bool:
        """Whether a thread can take a step, within other bounds than the mirror's own."""
        return any(True for _ in replace(self.mirror, **bounds).of_thread(self.state, thread))

    def fire(self, thread: str, action: str | None = None, **bounds: Any) -> str:
        """Take the first step of a thread, or its first step with this name. Returns the name.

        A test chooses the size of a claim by bounds that leave no other size.
        """
        for label, changes in replace(self.mirror, **bounds).of_thread(self.state, thread):
            if action is None or label == action:
                self.set(**changes)
                return str(label)
        wanted = "any step" if action is None else f"the step {action}"
        raise AssertionError(f"{thread} at {self.at(thread)!r} cannot take {wanted}")

    def go(self, thread: str, *rests: str, **bounds: Any) -> None:
        """Take steps of a thread, at least one, until the thread is at one of the places `rests`.

        Terminates because no model lets a thread go round between two such places; a test that
        names none of them fails when the thread has no step left.
        """
        self.fire(thread, **bounds)
        while self.at(thread) not in rests:
            self.fire(thread, **bounds)
