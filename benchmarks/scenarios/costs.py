"""What each step costs, in one thread.

    P: next --> get --> fill --> publish
    P: publish_each --> fill
    C: wait_for --> handler(event, sequence, end_of_batch) --> advance

No other thread runs, so no thread waits and no object is shared. What remains is the interpreter,
and for `compare_and_set` the call of libpatomic. The steps of a producer add up to its time for an
event, which limits 1P1C and 2P1C. Each figure includes the loop itself, a few tens of nanoseconds.
"""

import itertools
import time
from collections.abc import Callable

from ringbuffer import ProducerType, RingBuffer, YieldingWaitStrategy
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.programs.bench.events import BenchEvent, keep_event
from ringbuffer.programs.bench.rings import CAPACITY
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import LostEventsError

#: A step: prepared in the thread that will do it, it returns what does it `n` times, and what tells
#: how often that was done.
type Step = Callable[[], tuple[Callable[[int], object], Callable[[], int]]]

#: Turns that are measured at once: at most a ring of claims.
TURNS = 1_000


def new_ring(kind: ProducerType) -> RingBuffer[BenchEvent]:
    """A ring without consumers, so that its producer never waits."""
    return RingBuffer(CAPACITY, BenchEvent, kind, YieldingWaitStrategy())


def whole(kind: ProducerType) -> Step:
    """`next`, `get`, fill, `publish`."""

    def prepare() -> tuple[Callable[[int], object], Callable[[], int]]:
        ring = new_ring(kind)
        producer = ring.producer()
        next_, get, publish = producer.next, producer.get, producer.publish

        def turns(n: int) -> None:
            for _ in itertools.repeat(None, n):
                sequence = next_()
                get(sequence).value = 7
                publish(sequence)

        return turns, lambda: ring.cursor + 1

    return prepare


def looping(kind: ProducerType) -> Step:
    """`publish_each`, and fill."""

    def prepare() -> tuple[Callable[[int], object], Callable[[], int]]:
        ring = new_ring(kind)
        publish_each = ring.producer().publish_each

        def turns(n: int) -> None:
            for event, _ in publish_each(itertools.repeat(None, n)):
                event.value = 7

        return turns, lambda: ring.cursor + 1

    return prepare


def translated(kind: ProducerType, of_the_ring: bool = False) -> Step:
    """`publish_event` of a producer, or of the ring itself."""

    def fill(event: BenchEvent, sequence: int, value: int) -> None:
        event.value = value

    def prepare() -> tuple[Callable[[int], object], Callable[[], int]]:
        ring = new_ring(kind)
        publish_event = ring.publish_event if of_the_ring else ring.producer().publish_event

        def turns(n: int) -> None:
            for _ in itertools.repeat(None, n):
                publish_event(fill, 7)

        return turns, lambda: ring.cursor + 1

    return prepare


def claiming(kind: ProducerType) -> Step:
    """`next` alone; the figure includes one publication for a thousand claims."""

    def prepare() -> tuple[Callable[[int], object], Callable[[], int]]:
        ring = new_ring(kind)
        producer = ring.producer()
        next_, publish = producer.next, producer.publish

        def turns(n: int) -> None:
            high = 0
            for _ in itertools.repeat(None, n):
                high = next_()
            publish(high - n + 1, high)

        return turns, lambda: ring.cursor + 1

    return prepare


def publishing(kind: ProducerType) -> Step:
    """`publish` alone; the claim is one for a thousand."""

    def prepare() -> tuple[Callable[[int], object], Callable[[], int]]:
        ring = new_ring(kind)
        producer = ring.producer()
        next_, publish = producer.next, producer.publish

        def turns(n: int) -> None:
            high = next_(n)
            for sequence in range(high - n + 1, high + 1):
                publish(sequence)

        return turns, lambda: ring.cursor + 1

    return prepare


def getting() -> tuple[Callable[[int], object], Callable[[], int]]:
    """`get` alone."""
    get = new_ring(ProducerType.SINGLE).producer().get
    done = 0

    def turns(n: int) -> None:
        nonlocal done
        for sequence in range(n):
            get(sequence)
        done += n

    return turns, lambda: done


def swapping() -> tuple[Callable[[int], object], Callable[[], int]]:
    """A compare-and-swap that succeeds."""
    view = PROCESS_MEMORY.cell(0).view()
    compare_and_set = view.compare_and_set

    def turns(n: int) -> None:
        first = view.get()
        for value in range(first, first + n):
            compare_and_set(value, value + 1)

    return turns, view.get


def waiting() -> tuple[Callable[[int], object], Callable[[], int]]:
    """`wait_for`, where there is something."""
    ring = new_ring(ProducerType.SINGLE)
    producer = ring.producer()
    producer.publish(producer.next())
    wait_for = ring.new_barrier().view().wait_for
    done = 0

    def turns(n: int) -> None:
        nonlocal done
        for _ in itertools.repeat(None, n):
            wait_for(0)
        done += n

    return turns, lambda: done


def handling() -> tuple[Callable[[int], object], Callable[[], int]]:
    """The handler of the other scenarios."""
    seen, on_event = keep_event()
    event = BenchEvent()

    def turns(n: int) -> None:
        for sequence in range(n):
            on_event(event, sequence, False)

    return turns, lambda: len(seen)


def cost(count: int, step: Step) -> Measurement:
    """The fastest thousand turns: a neighbour can only make a turn slower."""
    rounds = max(1, count // TURNS)
    best = float("inf")
    done = 0

    def body() -> None:
        nonlocal best, done
        turns, told = step()
        before = told()
        for _ in range(rounds):
            begin = time.perf_counter_ns()
            turns(TURNS)
            best = min(best, (time.perf_counter_ns() - begin) / TURNS)
        done = told() - before

    together(body)
    if done != rounds * TURNS:
        raise LostEventsError(f"{done} turns were done instead of {rounds * TURNS}")
    return Measurement({"ns": best})


def contender(name: str, step: Step, role: Role = Role.OURS) -> Contender:
    """One step."""
    return Contender(name, lambda count: cost(count, step), role)


def scenario() -> Scenario:
    """Every step, for one producer and for many."""
    kinds = [("single", ProducerType.SINGLE), ("multi", ProducerType.MULTI)]
    return Scenario(
        "costs",
        __doc__,
        "ns",
        (
            *(contender(f"{name}: next, get, fill, publish", whole(kind)) for name, kind in kinds),
            *(contender(f"{name}: publish_each, fill", looping(kind)) for name, kind in kinds),
            *(contender(f"{name}: publish_event", translated(kind)) for name, kind in kinds),
            *(
                contender(f"{name}: publish_event of the ring", translated(kind, of_the_ring=True))
                for name, kind in kinds
            ),
            *(contender(f"{name}: next", claiming(kind)) for name, kind in kinds),
            *(contender(f"{name}: publish", publishing(kind)) for name, kind in kinds),
            contender("get", getting),
            contender("compare_and_set", swapping),
            contender("wait_for", waiting),
            contender("the handler", handling, Role.LIMIT),
        ),
    )
