"""`WorkShare`: what the workers of one pool share.

    ring --> barrier --> work (claimed by compare-and-swap) --> worker 1, worker 2, ... --> done --> producers, later stages

Shared words:

    work       the last sequence that a worker has claimed; moved by compare-and-swap alone, never past what is available
    busy       one for each worker: what it claimed is finished up to here; `IDLE` while it has claimed nothing
    done       every event up to here is handled: the minimum of `work` and of every `busy`; what later stages depend on

Why `done` is never too high. A worker stores `busy` = the value of `work` that it is about to replace, and only then
replaces it. Whoever computes the minimum reads `work` first. If that load came before the worker's claim, the minimum is
below the claim; if after, the worker's `busy` is visible, and holds the minimum below what is not finished.

Why `done` does not stay behind. A worker that has finished, or released a part of its claim early, stores its `busy`, and then
loads `work` by adding 0 to it, a full fence, before it loads the others' `busy`. Of two that do so at the same time, the
second to add sees what both have stored.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Readable, Sequence, SequenceGroup

#: What `busy` holds while a worker has claimed nothing: higher than every sequence.
IDLE: Final = 1 << 62


class WorkShare[E]:
    """The shared words of one pool. Any thread.

    Args:
        ring: what is consumed.
        dependents: sequences that must have passed an event before a worker gets it.
        max_chunk: the most events that a worker claims at once.
    """

    __slots__ = ("busy", "dependents", "done", "max_chunk", "ring", "work")

    def __init__(self, ring: RingBuffer[E], dependents: tuple[Sequence | SequenceGroup, ...], max_chunk: int) -> None:
        self.ring: Final = ring
        self.dependents: Final = dependents
        self.max_chunk: Final = max_chunk
        self.work: Final = Sequence(memory=ring.memory)
        self.done: Final = Sequence(memory=ring.memory)
        self.busy: Final = SequenceGroup(memory=ring.memory, host=ring.host)

    def gate(self, start: Readable) -> None:
        """Make producers wait for the pool, which begins after `start`."""
        self.ring.add_gating_sequences(self.done, start=start)
        self.work.set(self.done.get())

    def chunk(self, available: int) -> int:
        """How many of `available` events a worker should claim, so that there is something left for the others."""
        return max(1, min(self.max_chunk, available // max(1, len(self.busy))))

    def done_raiser(self) -> Callable[[], None]:
        """The calling thread's own function that moves `done` as far as the workers have come."""
        fence: Final = self.work.view().fetch_add
        minimum: Final = self.busy.view().minimum
        done_view = self.done.view()
        done: Final = done_view.word
        compare_and_set: Final = done_view.compare_and_set
        advanced: Final = self.ring.on_advance()

        def raise_done() -> None:
            claimed = fence(0)  # loads `work`, after this thread's own `busy` and before the others', see above
            lowest = min(claimed, minimum(claimed))
            # Each turn but the last means that another worker has raised it.
            while (current := done[0]) < lowest:
                if compare_and_set(current, lowest):
                    if advanced is not None:
                        advanced()
                    return

        return raise_done
