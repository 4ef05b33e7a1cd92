"""Races of the library's own hand-overs, with its own classes: ⇄ in `docs/memory-model.md`."""

from collections.abc import Callable
from types import TracebackType

from ringbuffer import (
    LiteBlockingWaitStrategy,
    PollState,
    ProcessorState,
    RingBuffer,
    Sequence,
    SequenceBarrier,
    SequenceGroup,
    YieldingWaitStrategy,
)
from ringbuffer.host import Condition
from ringbuffer.memory import Memory, Word
from ringbuffer.processors.state import move
from ringbuffer.processors.work.share import IDLE, WorkShare
from tests.stress.litmus.grades import Act, Litmus, acceptable, forbidden
from tests.support.forwarding_host import ForwardingHost

#: How far the members of a race have come, in events.
FAR = 8

# -- LiteBlocking: the waiter raises its flag and looks; the signaller advances and looks at the
# flag -----------------------


class _Asleep(Exception):
    """Raised in place of sleeping."""


class _NotingCondition:
    """Records the threads that would sleep, and whether one was woken; it never blocks."""

    def __init__(self) -> None:
        self.woken = False

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def wait(self, timeout: float | None = None) -> bool:
        raise _Asleep

    def notify_all(self) -> None:
        self.woken = True


class _NotingHost(ForwardingHost):
    def __init__(self) -> None:
        self.noting = _NotingCondition()

    def condition(self) -> Condition:
        return self.noting


class LiteWait:
    """A strategy whose condition never blocks: this tests whether the lock would be taken."""

    def __init__(self, memory: Memory) -> None:
        host = _NotingHost()
        self.condition = host.noting
        self.sequence = Sequence(memory=memory)
        self.strategy = LiteBlockingWaitStrategy(memory=memory, host=host)


class _NeverAlerted:
    def check_alert(self) -> None: ...


def lite_waits(instance: LiteWait) -> Act:
    strategy, view, barrier = instance.strategy, instance.sequence.view(), _NeverAlerted()

    def act() -> str:
        try:
            strategy.wait_for(0, view, view, barrier)
        except _Asleep:
            return "sleeps"
        return "saw it"

    return act


def lite_signals(instance: LiteWait) -> Act:
    word, signal, condition = (
        instance.sequence.view().word,
        instance.strategy.signaller(),
        instance.condition,
    )

    def act() -> str:
        word[0] = 0
        signal()
        return "woke" if condition.woken else "none"

    return act


def lite_back(instance: LiteWait) -> Callable[[], None]:
    word = instance.sequence.view().word

    def set_back() -> None:
        word[0] = -1
        instance.strategy.signal_all_when_blocking()  # lowers the flag
        instance.condition.woken = False

    return set_back


# -- closing a ring with one producer: it announces its claim and looks at the limit; the closer
# lowers that and looks ---------


class Announced:
    """The last claim is a variable of a closure, as in `ringbuffer.producer.single`."""

    def __init__(self, memory: Memory) -> None:
        self.limit = memory.cell(FAR)
        claimed = -1

        def announce(sequence: int, limit: Word) -> int:
            nonlocal claimed
            claimed = sequence
            return limit[0]

        def claimed_so_far() -> int:
            return claimed

        self.announce = announce
        self.claimed_so_far = claimed_so_far


def announced_claims(instance: Announced) -> Act:
    announce, limit = instance.announce, instance.limit.view().word
    return lambda: "claimed" if announce(0, limit) == FAR else "refused"


def announced_closes(instance: Announced) -> Act:
    exchange, look = instance.limit.view().exchange, instance.claimed_so_far

    def act() -> str:
        exchange(-1)
        return "sees it" if look() == 0 else "sees nothing"

    return act


def announced_back(instance: Announced) -> Callable[[], None]:
    limit = instance.limit.view().word

    def set_back() -> None:
        instance.announce(-1, limit)
        limit[0] = FAR

    return set_back


# -- joining: a consumer is added while a producer reads the group --------------------------------


class Join:
    def __init__(self, memory: Memory) -> None:
        self.cursor, self.old, self.new = (Sequence(memory=memory) for _ in range(3))
        self.group = SequenceGroup(self.old, memory=memory)


def join_publishes(instance: Join) -> Act:
    cursor, gating = instance.cursor.view().word, instance.group.view()

    def act() -> int:
        cursor[0] = FAR
        return gating.minimum(FAR)

    return act


def join_consumes(instance: Join) -> Act:
    cursor, own = instance.cursor.view().word, instance.old.view().word

    def act() -> None:
        own[0] = cursor[0]

    return act


def join_adds(instance: Join) -> Act:
    group, cursor, new = instance.group, instance.cursor.view(), instance.new

    def act() -> int:
        group.add_at(cursor, new)
        return new.get()

    return act


def join_back(instance: Join) -> Callable[[], None]:
    words = [each.view().word for each in (instance.cursor, instance.old, instance.new)]

    def set_back() -> None:
        instance.group.remove(instance.new)
        for word in words:
            word[0] = -1

    return set_back


# -- halting: an old alert is cleared while a new halt comes --------------------------------------


class Halt:
    def __init__(self, memory: Memory) -> None:
        self.state = memory.cell(ProcessorState.RUNNING)
        self.barrier = SequenceBarrier(_Nothing(), YieldingWaitStrategy(), memory=memory)
        self.barrier.alert()


class _Nothing:
    """A publication of nothing."""

    word = None

    def published(self) -> int:
        return -1

    def published_view(self) -> "_Nothing":
        return self

    def get(self) -> int:
        return -1

    def highest_from(self, sequence: int) -> int:
        return sequence - 1


def halt_halts(instance: Halt) -> Act:
    state, barrier = instance.state, instance.barrier

    def act() -> None:
        move(state, (ProcessorState.RUNNING, ProcessorState.HALTING))
        barrier.alert()

    return act


def halt_clears(instance: Halt) -> Act:
    state, barrier = instance.state.view().word, instance.barrier

    def act() -> str:
        barrier.clear_alert()
        return "goes on" if state[0] == ProcessorState.RUNNING else "stops"

    return act


def halt_alert(instance: Halt) -> Act:
    return lambda: "alerted" if instance.barrier.is_alerted else "quiet"


def halt_back(instance: Halt) -> Callable[[], None]:
    def set_back() -> None:
        instance.state.store(ProcessorState.RUNNING)
        instance.barrier.alert()

    return set_back


# -- work pools: two workers finish at once -------------------------------------------------------


class Work:
    def __init__(self, memory: Memory) -> None:
        ring = RingBuffer.of_values(16, wait_strategy=YieldingWaitStrategy(), memory=memory)
        self.share: WorkShare[object] = WorkShare(ring, (), 4)
        self.busy = [Sequence(-1, memory=memory), Sequence(3, memory=memory)]
        self.share.busy.add(*self.busy)
        self.share.work.set(FAR)


def work_finishes(worker: int) -> Callable[[Work], Act]:
    def actor(instance: Work) -> Act:
        busy, raise_done = instance.busy[worker].view().word, instance.share.done_raiser()

        def act() -> None:
            busy[0] = IDLE
            raise_done()

        return act

    return actor


def work_done(instance: Work) -> Act:
    return instance.share.done.get


def work_back(instance: Work) -> Callable[[], None]:
    def set_back() -> None:
        instance.share.done.set(-1)
        for busy, start in zip(instance.busy, (-1, 3), strict=True):
            busy.set(start)

    return set_back


# -- a whole ring: what is published is what is read ----------------------------------------------


class Published:
    def __init__(self, memory: Memory) -> None:
        self.ring = RingBuffer(2, lambda: [0], wait_strategy=YieldingWaitStrategy(), memory=memory)
        self.poller = self.ring.poller()


def ring_publishes(instance: Published) -> Act:
    producer = instance.ring.producer()

    def fill(event: list[int], sequence: int) -> None:
        event[0] = sequence + 1

    def act() -> None:
        producer.publish_event(fill)

    return act


def ring_polls(instance: Published) -> Act:
    seen: list[bool] = []

    def handle(event: list[int], sequence: int, end_of_batch: bool) -> None:
        seen.append(event[0] == sequence + 1)

    def act() -> str:
        seen.clear()
        if instance.poller.poll(handle) is PollState.IDLE:
            return "nothing"
        return "the event" if all(seen) else "another"

    return act


def ring_back(instance: Published) -> Callable[[], object]:
    """What the poller has not seen yet it sees now, so that the next event has room."""
    return lambda: instance.poller.poll(lambda event, sequence, end_of_batch: None)


RACES = (
    Litmus(
        "LiteBlocking: flag and sequence",
        "raise flag, pass, look  |  advance, pass, look at flag", LiteWait,
        (lite_waits, lite_signals), lite_back,
        (
            acceptable(("saw it", "none"), "a wake-up is not needed"),
            acceptable(("saw it", "woke"), "woken needlessly"),
            acceptable(("sleeps", "woke"), "asleep, and woken"),
            forbidden(("sleeps", "none"), "a lost wake-up"),
        ),
    ),
    Litmus(
        "closing a ring: a claim that is announced, and the limit",
        "claimed = 0, r1 = limit  |  exchange(limit, -1), r2 = claimed", Announced,
        (announced_claims, announced_closes), announced_back,
        (
            acceptable(("claimed", "sees it"), "the closer waits for the publication"),
            acceptable(("refused", "sees nothing"), "the close comes first"),
            acceptable(("refused", "sees it"), "the closer waits until it is taken back"),
            forbidden(("claimed", "sees nothing"), "a claim behind the end"),
        ),
    ),
    Litmus(
        "joining: where the newcomer starts, and the producer's minimum",
        "cursor = 8, r1 = minimum  |  old = cursor  |  add_at(cursor, new), r2 = new", Join,
        (join_publishes, join_consumes, join_adds), join_back,
        (
            acceptable((-1, None, -1), "a member holds it back"),
            acceptable((-1, None, FAR), "a member holds it back"),
            acceptable((FAR, None, FAR), "all have passed"),
            forbidden((FAR, None, -1), "slots were given away that the newcomer has yet to read"),
        ),
    ),
    Litmus(
        "halting: state and alert",
        "cas(state), exchange(alert, 1)  |  exchange(alert, 0), r = state", Halt,
        (halt_halts, halt_clears), halt_back,
        (
            acceptable((None, "stops", "alerted"), "the halt is seen"),
            acceptable((None, "stops", "quiet"), "the halt is seen, its alert cleared"),
            acceptable((None, "goes on", "alerted"), "the alert is still to come"),
            forbidden((None, "goes on", "quiet"), "a halt that the consumer misses"),
        ),
        halt_alert,
    ),
    Litmus(
        "work pool: two workers finish at once",
        "busy1 = idle, raise done  |  busy2 = idle, raise done", Work,
        (work_finishes(0), work_finishes(1)), work_back,
        (
            acceptable((None, None, FAR), "everything is done"),
            forbidden((None, None, 3), "done stays behind: the first missed the end of the second"),
            forbidden((None, None, -1), "done stays behind"),
        ),
        work_done,
        instances=32,
    ),
    Litmus(
        "a ring: an event and its publication", "claim, fill, publish  |  poll", Published,
        (ring_publishes, ring_polls), ring_back,
        (
            acceptable((None, "nothing"), "the poller was first"),
            acceptable((None, "the event"), "published, and whole"),
            forbidden((None, "another"), "published before it was filled"),
        ),
        instances=32,
    ),
)  # fmt: skip
