"""The sources of atomic operations and the kinds of words, beside each other: 1P1C and 2P1C.

    1P1C, by steps       P --> [ ring of pre-allocated events ] --> C      stores and loads of words

    2P1C, in a loop      P --.
                              >--> [ the same ring ] --> C            also a compare-and-swap each
                         P --'

A ring takes the first source that is installed, and the fastest words that the machine orders. The
others are measured with what they cost on this machine: so it shows what the words of a machine
with weak ordering cost, and not that they are right there.
"""

from collections.abc import Iterator

from benchmarks.queues import contenders
from ringbuffer import Disruptor, ProducerType, YieldingWaitStrategy
from ringbuffer.memory import Memory, ProcessMemory
from ringbuffer.memory.choice import installed
from ringbuffer.memory.words import allowed_kinds
from ringbuffer.programs.bench.events import BenchEvent, keep_event
from ringbuffer.programs.bench.peers import STANDARD
from ringbuffer.programs.bench.queues import one_queue
from ringbuffer.programs.bench.rings import CAPACITY, publish_by_steps, publish_each, run, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.verify import payload, verify

PRODUCERS = (1, 2)


def memories() -> Iterator[tuple[str, Memory]]:
    """Every source with its fastest words, and the default source with all kinds of words."""
    sources = installed()
    for kind in allowed_kinds():
        yield f"{sources[0]}, {kind.value}", ProcessMemory(atomics=sources[0], words=kind)
    for source in sources[1:]:
        yield source, ProcessMemory(atomics=source)


def ours(count: int, producers: int, memory: Memory) -> Measurement:
    """One run of a ring over this memory."""
    values = payload(count)
    seen, on_event = keep_event()
    kind = ProducerType.SINGLE if producers == 1 else ProducerType.MULTI
    disruptor = Disruptor(BenchEvent, CAPACITY, kind, YieldingWaitStrategy(), memory=memory)
    disruptor.handle_events_with(on_event)
    publish = publish_by_steps if producers == 1 else publish_each
    bodies = [publish(disruptor.ring, share) for share in shares(values, producers)]
    measured = run(disruptor, *bodies, deliveries=count)
    verify("ringbuffer", seen, values, ordered=producers == 1)
    return measured


def with_producers(producers: int) -> tuple[Contender, ...]:
    """The contenders with so many producers."""
    label = f"{producers}P1C, "
    chosen = [peer for peer in STANDARD if peer.name == "queue.Queue"]
    others, _ = contenders(
        lambda peer: one_queue(peer, producers), producers=producers, peers=chosen
    )
    return (
        *(
            Contender(
                label + name,
                lambda count, memory=memory: ours(count, producers, memory),  # type: ignore[misc]
            )
            for name, memory in memories()
        ),
        *(Contender(label + each.name, each.body, each.role) for each in others),
    )


def scenario() -> Scenario:
    """All memories, with one producer and with two."""
    return Scenario(
        "atomics", __doc__, "rate", tuple(each for n in PRODUCERS for each in with_producers(n))
    )
