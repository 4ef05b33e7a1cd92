"""A stage that gets an event only when two others, which work in parallel, have finished it.

Prints:
    orders: 64 slots of events, auto producer, AdaptiveWaitStrategy
               ring --> price (IDLE, -1), check (IDLE, -1)
      price + check --> execute (IDLE, -1)
    executed 90 of 100 orders for 9000
"""

from dataclasses import dataclass

from ringbuffer import Disruptor


@dataclass
class Order:
    """An event: made once for each slot, then filled again and again."""

    quantity: int = 0
    price: int = 0
    is_valid: bool = False


executed: list[int] = []


def price(order: Order, sequence: int, end_of_batch: bool) -> None:
    """Writes its own field only, so it does not disturb other handlers."""
    order.price = 2 * order.quantity


def check(order: Order, sequence: int, end_of_batch: bool) -> None:
    """The other half of the diamond."""
    order.is_valid = order.quantity % 10 != 0


def execute(order: Order, sequence: int, end_of_batch: bool) -> None:
    """Sees what both have written: nothing to lock, nothing to wait for."""
    if order.is_valid:
        executed.append(order.price)


def place(order: Order, sequence: int, quantity: int) -> None:
    """The translator."""
    order.quantity = quantity


disruptor = Disruptor(Order, 64, name="orders")
disruptor.handle_events_with(price, check).then(execute)
print(disruptor)
with disruptor:
    disruptor.publish_events(place, range(50))
    disruptor.publish_events(place, range(50, 100))
print(f"executed {len(executed)} of 100 orders for {sum(executed)}")
