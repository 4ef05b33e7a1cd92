"""The events and handlers of the scenarios.

A handler keeps every value that it receives. This costs less than a sum, and it shows the number
and the order of the values too. Values are small (see `bench.verify.PAYLOAD`), so each one is kept
in a byte. A list of millions would grow by pages that the system has to clear, and a run would
measure that. The handler accesses the bytes in its closure, not as an attribute, as any hot handler
does.
"""

from collections.abc import Callable


class BenchEvent:
    """A pre-allocated event: the value that was sent, and the results of two stages."""

    __slots__ = ("left", "right", "value")

    def __init__(self) -> None:
        self.value = self.left = self.right = 0


type OnEvent[E] = Callable[[E, int, bool], None]


def keep_event() -> tuple[bytearray, OnEvent[BenchEvent]]:
    """Returns the kept values, and a handler that adds the value of each event to them."""
    seen = bytearray()

    def on_event(event: BenchEvent, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)

    return seen, on_event


def keep_value() -> tuple[bytearray, OnEvent[int]]:
    """As `keep_event`, for a ring of values."""
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
