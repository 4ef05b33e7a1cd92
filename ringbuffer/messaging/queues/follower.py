"""`Follower`: one consumer of a queue, as `LeaderFollowers` sees it."""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.host import Host


class Follower:
    """A consumer that leads, stands in the line, or handles a message.

    The dequeue lock protects its attributes. Its sleep has a lock of its own.

    Attributes:
        is_in_line: whether it stands in the line.
        is_stopping: whether it must not take more messages.
        hold: called with each message that it takes, with the dequeue lock held; None calls
            nothing. Only `receive_now` and `receive` of a `MessageReceiver` do so.
    """

    __slots__ = ("_awake", "_condition", "hold", "is_in_line", "is_stopping")

    def __init__(self, host: Host) -> None:
        self._condition: Final = host.condition()
        self._awake = False
        self.is_in_line = False
        self.is_stopping = False
        self.hold: Callable[[Any], object] | None = None

    def wake(self) -> None:
        """End its sleep, or the next one. Any thread. The caller has stored the reason before.

        The notification comes before the store to `_awake`. An interrupt between the two leaves no
        trace: a notified thread takes the lock, and then reads `_awake`.
        """
        with self._condition:
            self._condition.notify_all()
            self._awake = True

    def sleep(self) -> None:
        """Sleep until `wake`. Its own thread.

        Terminates because each thread that gives it the lead, or stops it, calls `wake`.
        """
        with self._condition:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if self._awake:
                    break
                self._condition.wait()
            self._awake = False
