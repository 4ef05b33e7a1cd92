"""Whether a reader that has handed out every available event can still get another one."""

from collections.abc import Iterable

from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer import Sequencer


def is_at_end(
    sequencer: Sequencer, dependents: Iterable[Sequence | SequenceGroup], position: int
) -> bool:
    """Whether no event after `position` can come.

    The ring must be sealed. Then either every claim is handed out, or a dependency has stopped at
    or before `position`.

    What is claimed, and which dependency has stopped, is read after the ring is seen sealed; then
    how far that dependency came. A dependency stores that it has stopped after its last advance. It
    can be started again only while the ring is open.

    Args:
        sequencer: of the ring.
        dependents: sequences that must pass an event before the reader gets it.
        position: the last sequence that the reader has handed out.
    """
    if not sequencer.state.is_sealed:
        return False
    if sequencer.claimed <= position:
        return True
    return any(_stands_still(each) and each.get() <= position for each in dependents)


def _stands_still(dependent: Sequence | SequenceGroup) -> bool:
    """Whether no thread will advance it any more.

    For a group, one member that has stopped is enough only if it is the slowest.
    """
    if isinstance(dependent, SequenceGroup):
        lowest = dependent.get()
        return any(each.has_stopped and each.get() <= lowest for each in dependent.members)
    return dependent.has_stopped
