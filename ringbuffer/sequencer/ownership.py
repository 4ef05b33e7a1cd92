"""Which thread owns a single-producer ring's production, and how the sequencer hands it over."""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from ringbuffer.errors import ForkedProcessError, ProducerThreadError
from ringbuffer.host import Thread
from ringbuffer.memory import CellView
from ringbuffer.sequence import INITIAL_SEQUENCE
from ringbuffer.sequencer.ring_state import RingState
from ringbuffer.wait import WaitStrategy

#: Not the number of any thread: the owner of operations that are retired, or lent to a loop.
NO_THREAD: Final = -1

#: The last sequence claimed, for retired operations: too low for anything to be published.
RETIRED: Final = INITIAL_SEQUENCE - 1


class Owner(Protocol):
    """The one producer of a ring, as the sequencer sees it."""

    @property
    def thread(self) -> Thread:
        """The producing thread."""
        ...

    @property
    def claimed(self) -> Callable[[], int]:
        """`claimed()`: the last sequence it has claimed; `RETIRED` once retired. Any thread."""
        ...

    @property
    def is_lent(self) -> Callable[[], bool]:
        """`is_lent()`: whether a loop of `publish_each` has exclusive use of the production."""
        ...

    @property
    def retire(self) -> Callable[[], None]:
        """`retire()`: makes its operations raise. Its own thread, or any after that has ended."""
        ...


class Tenure(NamedTuple):
    """What the sequencer gives to a thread that becomes the one producer.

    Attributes:
        state: what the ring's producers and consumers share.
        wait_strategy: what to signal.
        cursor: the thread's own view of the cursor.
        thread: the calling thread.
        claimed: the last sequence that the former owner claimed.
        early_skips: sequences (lowest: highest) to skip as soon as the claims before them are
            published. Only the owner uses it.
        refusal: makes the error for a caller that does not own the production.
    """

    state: RingState
    wait_strategy: WaitStrategy
    cursor: CellView
    thread: Thread
    claimed: int
    early_skips: dict[int, int]
    refusal: Callable[[], ProducerThreadError | ForkedProcessError]


def lent(what: str) -> RuntimeError:
    """The error for an owner that produces in another way inside a loop of `publish_each`."""
    return RuntimeError(
        f"cannot {what} inside a loop over publish_each, which has exclusive use of the production "
        f"of a single-producer ring: leave the loop first, or close its iterator. Nothing was "
        f"claimed or published"
    )


def wrong_thread(owner: Thread | None, caller: Thread) -> ProducerThreadError:
    """The error for a thread that produces without owning the production."""
    if owner is None:
        whose = "no thread owns its production now"
    elif owner is caller:
        whose = "this handle of it was released"
    else:
        whose = f"that is thread {owner.name!r}"
    return ProducerThreadError(
        f"thread {caller.name!r} cannot produce: this ring has a single producer, and {whose}. "
        f"Call producer() in the thread that produces, after the former one released it; or build "
        f"the ring with ProducerType.MULTI"
    )
