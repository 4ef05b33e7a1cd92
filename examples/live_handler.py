"""A consumer joins a running disruptor behind another one, and leaves; no event is lost or doubled.

Prints:
    recorder: all of 0 to 299
    debugger: all of 100 to 199
"""

from ringbuffer import Disruptor


class Recorder:
    """Keeps what it sees."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[int] = []

    def on_event(self, value: int, sequence: int, end_of_batch: bool) -> None:
        """Called in this consumer's own thread."""
        self.seen.append(value)

    def __str__(self) -> str:
        first, last = self.seen[0], self.seen[-1]
        found = "all" if self.seen == list(range(first, last + 1)) else "some"
        return f"{self.name}: {found} of {first} to {last}"


recorder, debugger = Recorder("recorder"), Recorder("debugger")
disruptor = Disruptor.of_values(16)
disruptor.handle_events_with(recorder)


def wait_until_handled(handler: Recorder, sequence: int) -> None:
    """Only so that this program prints the same every time; a live change needs no such thing."""
    disruptor.after(handler).as_sequence_barrier().wait_for(sequence)


with disruptor:
    disruptor.publish_values(range(100))
    wait_until_handled(recorder, 99)
    with disruptor.live() as live:  # all that is added in this block starts together at its end
        live.after(recorder).then(debugger)
    disruptor.publish_values(range(100, 200))
    wait_until_handled(debugger, 199)
    disruptor.remove(debugger)
    disruptor.publish_values(range(200, 300))
print(recorder)
print(debugger)
