"""The stage `Deduplication`: a message that was handled is not handled again.

A source that delivers at least once, such as a broker, may deliver a message twice. A duplicate may
even arrive while the first is being handled, for example when the source's lock has timed out. It
then gets an error, so the caller does not acknowledge it, and the source delivers it again later.
It does not wait for the first: its thread would be missing meanwhile, and some duplicates of one
slow message could hold all consumers. An event loop must not wait at all.
"""

from collections import OrderedDict
from collections.abc import Generator
from typing import Final

from ringbuffer.checks import Duration, check_duration, check_integer
from ringbuffer.errors import RingBufferError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.one_process import OneProcess

#: The default for the number of handled messages that are remembered.
DEFAULT_WINDOW: Final = 100_000


class DuplicateInProgressError(RingBufferError):
    """The same message is being handled. Do not acknowledge this one; deliver it again later."""


class Deduplication(OneProcess):
    """Lets each envelope succeed once in each handler, by its `message_id`. Any thread.

    It remembers the messages that the inner stages and the handler have handled. A duplicate of one
    of them is not handled, and its result is None. A message that failed, also one that is to be
    retried, was interrupted or cancelled, is not remembered: it is handled when it comes again. A
    duplicate of a message that is being handled raises `DuplicateInProgressError`.

    Make it the outermost stage. Inside `ErrorHandling`, that error would make a dead letter. Other
    messages than envelopes pass. Consumers that share this stage and the name of their handler are
    one handler.

    Args:
        capacity: how many handled messages are remembered; the oldest are forgotten first.
        max_age: for how long they are remembered, in seconds; None sets no limit.
        host: the source of the lock and the clock.

    Raises:
        ValueError, TypeError: `capacity` is not a number of messages, or `max_age` not a duration.
    """

    def __init__(
        self,
        capacity: int = DEFAULT_WINDOW,
        max_age: Duration | None = None,
        *,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._capacity: Final = check_integer("capacity", capacity, 1)
        self._max_age: Final = None if max_age is None else check_duration("max_age", max_age)
        self._clock: Final = host.monotonic
        self._lock: Final = host.lock()
        #: The messages that are being handled, by handler and `message_id`.
        self._claimed: Final[dict[tuple[str, str], None]] = {}
        #: When each message was handled, the oldest first.
        self._handled: Final[OrderedDict[tuple[str, str], float]] = OrderedDict()
        self._duplicates = 0

    @property
    def duplicates(self) -> int:
        """How many duplicates were not handled, because the message had been handled before."""
        return self._duplicates

    @property
    def remembered(self) -> int:
        """How many messages it keeps in memory: handled ones, and those that are being handled."""
        return len(self._handled) + len(self._claimed)

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        envelope = delivery.envelope
        if envelope is None:
            return (yield)
        key, claim = (delivery.handler, envelope.message_id), _Claim()
        try:
            if not self._begin(key, claim):
                return None
            result = yield
            self._remember(key)
            return result
        finally:
            if claim.is_made:
                # One call of C: an interrupt comes before the handler's end, or after this.
                self._claimed.pop(key)

    def _begin(self, key: tuple[str, str], claim: "_Claim") -> bool:
        """Claim a message. Returns False if it was handled.

        Raises:
            DuplicateInProgressError: another delivery of it is being handled.
        """
        with self._lock:
            self._forget_old()
            if key in self._handled:
                self._duplicates += 1
                return False
            if key not in self._claimed:
                self._claimed[key] = None  # nothing is called between the two
                claim.is_made = True
                return True
        raise DuplicateInProgressError(
            f"message {key[1]} is being handled by {key[0]!r}: do not acknowledge this duplicate, "
            f"and deliver it again later"
        )

    def _remember(self, key: tuple[str, str]) -> None:
        """The claimed message was handled."""
        with self._lock:
            self._handled[key] = self._clock()
            self._forget_old()

    def _forget_old(self) -> None:
        """Forget what is out of the window. Terminates because each iteration forgets one."""
        handled = self._handled
        too_old = -float("inf") if self._max_age is None else self._clock() - self._max_age
        while handled and (
            len(handled) > self._capacity or next(iter(handled.values())) <= too_old
        ):
            handled.popitem(last=False)


class _Claim:
    """Whether a delivery has claimed its message. Only the delivery that made a claim ends it."""

    __slots__ = ("is_made",)

    def __init__(self) -> None:
        self.is_made = False
