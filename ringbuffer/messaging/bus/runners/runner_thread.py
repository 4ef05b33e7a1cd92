"""`RunnerThread`: the thread that drives the handlers of a `RunnerGroup`."""

import contextlib
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ringbuffer.errors import AlertError
from ringbuffer.host import Event
from ringbuffer.messaging.bus.subscription_filter import kinds_of
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.ring_buffer import RingBuffer

if TYPE_CHECKING:
    from ringbuffer.messaging.bus.runners.runner_group import RunnerGroup
    from ringbuffer.messaging.bus.runners.shared import SharedRunner

#: A piece of a batch: its first sequence, its events, and their classes; see `kinds_of`.
type Piece = tuple[int, list[object], set[type] | None]


#: A thread whose handler has not returned, and how often it had driven one when that was found.
type Blocked = tuple["RunnerThread", int]


class Turn(enum.Enum):
    """What a thread does that gets no handler to drive."""

    #: It waits for the next event.
    LISTEN = enum.auto()
    #: It drives the handler that it has, and no other one, from now on.
    APART = enum.auto()
    #: It ends.
    END = enum.auto()


class RunnerThread:
    """A thread that drives one handler after the other. See `RunnerGroup`.

    Args:
        group: the group that it belongs to, whose lock guards the attributes.
        name: the name of the thread.
        blocked: the thread whose place it takes; None if it takes no other one's place.

    Attributes:
        blocked: see above.
        driven: the runner that it drives; None while it drives none.
        drives: how often it has begun to drive one.
        must_advance: whether it must reclaim slots. Only the thread itself uses it.
        is_apart: whether it keeps the runner that it drives, because the handler blocks.
        turn: what it does without a runner. Only the thread itself uses it.
        ended: set when it has ended.
    """

    def __init__(self, group: "RunnerGroup", name: str, blocked: Blocked | None) -> None:
        self.name: Final = name
        self.blocked: Final = blocked
        self._group: Final = group
        self.must_advance = self.is_apart = False
        self.driven: SharedRunner | None = None
        self.drives = self._seen = self._looks = 0
        self.turn = Turn.END
        self.ended: Final[Event] = group.ring.host.event()

    def looks_since(self) -> int:
        """How many looks ago the last look was that found it in another drive, or in none.

        The watch calls it at each of its looks, and holds the lock.
        """
        if self.driven is None or self.drives != self._seen:
            self._seen = self.drives
            self._looks = 0
        else:
            self._looks += 1
        return self._looks

    def run(self) -> None:
        """The body of the thread. Terminates because the last handler leaves, or one keeps it."""
        group = self._group
        if not group.begin(self):
            return
        failure: BaseException | None = None
        try:
            self._work()
        except BaseException as error:
            if not group.is_over:  # as it is in a child after a fork
                failure = error
                with contextlib.suppress(BaseException):  # what a user's log handler raises
                    logger.critical("thread %r died", self.name, exc_info=True)
        finally:
            try:
                group.leave(self, failure)
            finally:
                self.ended.set()

    def _work(self) -> None:
        group, ring = self._group, self._group.ring
        next_runner, barrier = group.next_runner, group.barrier
        listen: Final = barrier.view().wait_for
        highest: Final = ring.sequencer.published_view().highest_from
        advanced: Final = ring.on_advance()
        state, number = ring.sequencer.state, ring.host.thread_id()
        drive, forget = _bind_drive(ring, number)
        done: SharedRunner | None = None
        # HOT: drives one handler after the other, a batch each.
        # Each iteration drives one, or rests. Terminates because the last handler leaves, or
        # because the thread is to keep the handler that it drives.
        while True:
            runner = next_runner(self, done, highest)
            if self.must_advance:
                self.must_advance = False
                if advanced is not None:
                    advanced()
            if runner is not None:
                done = runner
                try:
                    drive(runner)
                except BaseException as error:
                    done = None
                    group.bury(runner, error, self)
                continue
            forget()
            turn, kept, done = self.turn, done, None
            state.drive(number, ())
            if turn is Turn.LISTEN:
                try:
                    listen(group.row.goal + 1)
                except AlertError:
                    # Clear it first, then look, as a processor does: what the alert is for was
                    # stored before it, and `next_runner` finds it.
                    barrier.clear_alert()
            else:
                if turn is Turn.APART and kept is not None:
                    kept.continue_alone(group)
                return


def _bind_drive(
    ring: RingBuffer[Any], number: int
) -> tuple[Callable[["SharedRunner"], None], Callable[[], None]]:
    """Make the function that passes a runner its batch, for the calling thread.

    The events are read once for all handlers that get the same batch one after the other.

    Returns:
        The function, and one that forgets the events that were read.
    """
    reader: Final = ring.reader()
    read: Final = reader.read
    count: Final = reader.skipped.count
    state: Final = ring.sequencer.state
    note: Final = state.drive
    first = last = -1
    pieces: list[Piece] = []

    # HOT: passes one batch to one handler.
    def drive(runner: "SharedRunner") -> None:
        nonlocal first, last, pieces
        low, high = runner.at + 1, runner.until
        if low != first or high != last:
            # A new view each time, because this thread does not go forward only; usually no
            # sequence was ever skipped.
            ranges = state.skipped.view().pieces(low, high) if count[0] else [(low, high)]
            read_ranges = [(start, read(start, stop)) for start, stop in ranges]
            pieces = [(start, items, kinds_of(items)) for start, items in read_ranges]
            first, last = low, high
        note(number, runner.sequences)
        runner.begin()
        pass_on = runner.receiver.pass_on
        for start, items, kinds in pieces:
            pass_on(items, start, kinds)
        runner.own[0] = high  # release: the slots have been read before a producer fills them

    def forget() -> None:
        nonlocal first, last, pieces
        first = last = -1
        pieces = []

    return drive, forget
