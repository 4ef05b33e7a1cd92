"""The defaults: small programs like those of the quick start, with nothing tuned.

    P -- publish_event(fill, price) --> [ Disruptor(SimpleNamespace, 1024) ] --> C
    P -- put(SimpleNamespace(price)) -> [ queue.Queue(1024) ] -- get ----------> C

    3C       three consumers, each of which gets every event; or three queues
    chain    three consumers, each after the one before; or a queue before each of them
    diamond  two consumers, and a third that comes after both

A Disruptor fills the events that it has. A queue gets a new object for each event. `of values` puts
small integers into both. Every rate counts deliveries, so three consumers count three times. In a
chain it counts events that have passed all of it. The messages and events of message queues and of
buses are made in advance.
"""

from collections.abc import Callable

from benchmarks import default_programs as programs
from benchmarks.peers import Peer, two_simple_queues
from benchmarks.scenarios import event_bus, put_get
from ringbuffer.messaging import QueueMode
from ringbuffer.messaging.bus import ChannelEventBus, EventBus, RingBufferEventBus
from ringbuffer.programs.bench.peers import STANDARD
from ringbuffer.programs.bench.scenario import Contender, Role, Scenario

#: `queue.Queue`, `queue.SimpleQueue`, and what is bounded and made of the latter.
PEERS = (*STANDARD, two_simple_queues.PEER)
#: A plain program with the library's queue in place of `queue.Queue`.
QUEUE = Peer("ringbuffer.Queue", bounded=True, open=put_get.open_queue)


def ours(
    name: str,
    publish: programs.Publish,
    wire: programs.Wire = programs.one_handler,
    producers: int = 1,
    holds_values: bool = False,
) -> Contender:
    """A Disruptor."""
    return Contender(
        name, lambda count: programs.ours(count, publish, wire, producers, holds_values)
    )


def queues(
    peer: Peer, shape: str = "", producers: int = 1, consumers: int = 1, stages: int = 1
) -> Contender:
    """Queues of orders."""
    return Contender(
        f"{peer.name}{shape}",
        lambda count: programs.by_queues(count, peer, producers, consumers, stages),
        Role.OURS if peer is QUEUE else Role.PEER,
    )


def bus(name: str, make: Callable[[], EventBus]) -> Contender:
    """A bus with the three handlers of the scenario `event_bus`."""
    return Contender(name, lambda count: event_bus.ours(count, make, False, event_bus.FEW))


def scenario() -> Scenario:
    """Every program with defaults, each beside the queues that it would replace."""
    publish_event, publish_values = programs.publish_event, programs.publish_values
    return Scenario(
        "defaults",
        __doc__,
        "rate",
        (
            ours("publish_event", publish_event),
            ours("producer().publish_event", programs.publish_event_of_a_producer),
            ours("publish_each", programs.publish_each),
            queues(QUEUE),
            *(queues(peer) for peer in PEERS),
            ours(
                "publish_values, of values",
                publish_values,
                programs.one_handler_of_values,
                holds_values=True,
            ),
            *(
                Contender(f"{peer.name}, of values", programs.of_values(peer), role)
                for peer, role in ((QUEUE, Role.OURS), *((each, Role.PEER) for each in PEERS))
            ),
            ours("publish_event, 2P", publish_event, producers=2),
            queues(QUEUE, ", 2P", producers=2),
            *(queues(peer, ", 2P", producers=2) for peer in PEERS),
            ours("publish_event, 3C", publish_event, programs.three_handlers),
            *(queues(peer, ", 3C", consumers=3) for peer in PEERS),
            ours("publish_event, chain", publish_event, programs.chain),
            *(queues(peer, ", chain", stages=3) for peer in PEERS),
            ours("publish_event, diamond", publish_event, programs.diamond),
            Contender(
                "RingBufferQueue",
                lambda count: programs.by_message_queue(count, QueueMode.RING_BUFFER),
            ),
            Contender(
                "ChannelQueue", lambda count: programs.by_message_queue(count, QueueMode.CHANNEL)
            ),
            bus("RingBufferEventBus", RingBufferEventBus),
            bus("ChannelEventBus", ChannelEventBus),
        ),
    )
