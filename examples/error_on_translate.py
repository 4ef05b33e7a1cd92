"""A translator raises: the producer gets the exception, and no handler sees a half-filled event.

Prints:
    not published: 'not a price'
    not published: nothing of [3.0, 'nor this', 4.0]
    handled: [1.0, 2.0, 5.0]
"""

from types import SimpleNamespace

from ringbuffer import Disruptor

handled: list[float] = []


def fill(quote: SimpleNamespace, sequence: int, price: str | float) -> None:
    """Raises after the claim, which cannot be undone: others may have published after it."""
    quote.price = "half-filled"
    quote.price = float(price)


disruptor = Disruptor(SimpleNamespace, 8)
disruptor.handle_events_with(lambda quote, sequence, end_of_batch: handled.append(quote.price))
with disruptor:
    disruptor.publish_event(fill, 1.0)
    try:
        disruptor.publish_event(fill, "not a price")
    except ValueError:
        print("not published: 'not a price'")
    disruptor.publish_event(fill, "2.0")
    batch: list[str | float] = [3.0, "nor this", 4.0]
    try:
        disruptor.publish_events(fill, batch)  # all or nothing
    except ValueError:
        print(f"not published: nothing of {batch}")
    disruptor.publish_event(fill, 5.0)
print("handled:", handled)
