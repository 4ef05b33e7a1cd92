"""The events and handlers of the scenarios.

A handler keeps every value it gets, which costs less than adding them up and shows more: how many, in which order. It keeps
each in a byte, for values are small (see `benchmarks.verify.PAYLOAD`): a list of millions grows by pages that the system has to
clear, and a run would measure that. What is kept is closed over, not an attribute, as in any hot handler.
"""

from collections.abc import Callable


class Event:
    """A pre-allocated event: what is sent, and what two stages make of it."""

    __slots__ = ("left", "right", "value")

    def __init__(self) -> None:
        self.value = self.left = self.right = 0


type OnEvent[E] = Callable[[E, int, bool], None]


def keep_event() -> tuple[bytearray, OnEvent[Event]]:
    """What is kept, and a handler that keeps the value of each event there."""
    seen = bytearray()

    def on_event(event: Event, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)

    return seen, on_event


def keep_value() -> tuple[bytearray, OnEvent[int]]:
    """The same for a ring of values."""
    seen = bytearray()

    def on_event(value: int, sequence: int, end_of_batch: bool) -> None:
        seen.append(value)

    return seen, on_event


class KeepBatches:
    """A handler of whole batches of values, which keeps them all in `seen`."""

    def __init__(self) -> None:
        self.seen = bytearray()

    def on_batch(self, values: list[int], first_sequence: int) -> None:
        """Keep a batch."""
        self.seen += bytes(values)
