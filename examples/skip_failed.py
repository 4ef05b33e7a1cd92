"""A stage fails on an event, the next stage does not get it, and events are reset after each lap.

Prints:
    stored: [(0, 1.0), (1, 2.0), (3, 4.0)]
    failed: parse on 'garbage' at sequence 2
    archived in batches: [1.0, 2.0, 4.0]
"""

from ringbuffer import BatchFailed, Disruptor, FailureAction, current_failure


class Tick:
    """A text, and the price in it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Called after the last stage, so that the event is empty when it is filled again."""
        self.text = ""
        self.price: float | None = None


failed: list[str] = []


class Skip:
    """Every failure: note it, and let later stages skip the event."""

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction:
        """Later stages are not to get it."""
        failure = current_failure()
        assert failure is not None
        if isinstance(event, Tick):
            failed.append(f"{failure.consumer} on {event.text!r} at sequence {sequence}")
        return FailureAction.SKIP

    def handle_on_start_exception(self, error: Exception) -> None:
        """Nothing starts here."""
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Nothing ends here."""
        raise error


def fill(tick: Tick, sequence: int, text: str) -> None:
    """What the publisher puts into an event."""
    tick.text = text


def parse(tick: Tick, sequence: int, end_of_batch: bool) -> None:
    """The first stage; raises where there is no price."""
    tick.price = float(tick.text)


stored: list[tuple[int, float | None]] = []
archived: list[float] = []


class Archive:
    """Takes whole batches, and says which event of one it cannot take; the others are archived."""

    def on_batch(self, ticks: list[Tick], first_sequence: int) -> None:
        """Archive the prices."""
        for index, tick in enumerate(ticks):
            if tick.price is None:
                raise BatchFailed(index)
            archived.append(tick.price)


disruptor = Disruptor(Tick, 2, reset=Tick.clear)
disruptor.set_default_exception_handler(Skip())
disruptor.handle_events_with(parse).then(
    lambda tick, sequence, end_of_batch: stored.append((sequence, tick.price)),
    Archive(),
)
with disruptor:
    for text in ["1", "2", "garbage", "4"]:
        disruptor.publish_event(fill, text)
print("stored:", stored)
print("failed:", *failed)
print("archived in batches:", archived)
