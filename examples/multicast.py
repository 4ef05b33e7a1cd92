"""Every consumer gets every event, in order, at its own pace.

Prints:
    audit saw 1000 orders, 499500 in all
    display saw 1000 orders, 499500 in all
"""

from types import SimpleNamespace

from ringbuffer import Disruptor


class Summing:
    """Adds up what it sees."""

    def __init__(self, name: str) -> None:
        self.name, self.count, self.total = name, 0, 0

    def on_event(self, order: SimpleNamespace, sequence: int, end_of_batch: bool) -> None:
        """Called in this consumer's own thread."""
        self.count += 1
        self.total += order.amount

    def __str__(self) -> str:
        return f"{self.name} saw {self.count} orders, {self.total} in all"


def fill(order: SimpleNamespace, sequence: int, amount: int) -> None:
    """The translator: fills an event in place."""
    order.amount = amount


audit, display = Summing("audit"), Summing("display")
disruptor = Disruptor(SimpleNamespace, 64)
disruptor.handle_events_with(audit, display)
with disruptor:  # starts the consumers; at its end everything is handled, and they have stopped
    for amount in range(1000):
        disruptor.publish_event(fill, amount)
print(audit)
print(display)
