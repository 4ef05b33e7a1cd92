"""`reclaim_limit`: which slots may be claimed again."""

from ringbuffer.barrier import PublishedView
from ringbuffer.sequence_group import SequenceGroupView


def reclaim_limit(gating: SequenceGroupView, published: PublishedView) -> int:
    """The last sequence whose slot may be claimed again: the slowest consumer's, or a gap's.

    Consumers do not pass such a gap. It is counted anyway: if a caller sets its own gating sequence
    too far, no slot may be claimed for two laps at once.
    """
    minimum = gating.fenced_minimum(published)
    gap_free = published.get()
    return minimum if minimum < gap_free else gap_free
