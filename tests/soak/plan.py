"""`plan_of`: the plan of a round. The same seed and number make the same plan."""

import random
from dataclasses import dataclass
from typing import Final

from ringbuffer.messaging import WaitStrategyKind
from tests.soak.producers import Publisher

#: Busy spinning is left out: with more threads than cores it measures the scheduler's time slice.
WAITING: Final = tuple(kind for kind in WaitStrategyKind if kind is not WaitStrategyKind.BUSY_SPIN)
#: What is put around a handler: nothing; retries on the spot; retries that leave and come back;
#: dead letters at once.
PIPELINES: Final = ("none", "on the spot", "later", "letters")
#: What can happen to a bus and its queues, and to a disruptor, while it runs.
BUS_FAULTS: Final = (
    "subscribe",
    "unsubscribe",
    "unsubscribe at once",
    "kill a publisher",
    "kill a producer in front",
    "add a consumer",
    "remove a consumer",
)
RING_FAULTS: Final = ("halt and restart", "join", "leave", "kill a producer")
LANES: Final = ("ring bus", "channel bus", "disruptor")
#: Faults a second, over all lanes.
FAULTS_A_SECOND: Final = 6.0
#: The most messages, by all producers, for each second that a round may take. Few machines are
#: slower.
MESSAGES_A_SECOND: Final = 6_000


@dataclass(frozen=True, slots=True)
class HandlerPlan:
    """One handler: of 65,536 messages so many are slow, fail and are retried, or always fail."""

    salt: int
    pipeline: str
    is_coroutine: bool
    only_odd: bool
    slow: int
    fails: int
    dies: int


@dataclass(frozen=True, slots=True)
class EntrancePlan:
    """The consumers between the queue and the bus."""

    salt: int
    is_coroutine: bool
    consumers: int
    fails: int
    dies: int


@dataclass(frozen=True, slots=True)
class BusPlan:
    """A bus, with a queue and another one in front."""

    lane: str
    size: int
    waiting: WaitStrategyKind
    publishers: tuple[str, ...]
    handlers: tuple[HandlerPlan, ...]
    front_producers: int
    front_size: int
    queue_size: int
    queue_waiting: WaitStrategyKind
    entrance: EntrancePlan
    drains: bool


@dataclass(frozen=True, slots=True)
class RingPlan:
    """A disruptor: two stages, one behind both, and a pool of workers."""

    size: int
    waiting: WaitStrategyKind
    producers: int
    workers: int
    salt: int


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One fault: when, as a fraction of the round; in which lane; what; to which of its members."""

    at: float
    lane: str
    what: str
    which: int
    handler: HandlerPlan


@dataclass(frozen=True, slots=True)
class Plan:
    """A round. It is over when its time is, or when it has carried its most.

    So the rounds of a run are alike, whatever else the machine does: what a round leaves in the
    allocators goes by what it carried, and a machine that gets faster would look like a leak.
    """

    number: int
    seconds: float
    buses: tuple[BusPlan, BusPlan]
    ring: RingPlan
    faults: tuple[FaultPlan, ...]

    @property
    def most(self) -> float:
        """How many messages it carries, about."""
        return self.seconds * MESSAGES_A_SECOND


def plan_of(seed: int, number: int, seconds: float) -> Plan:
    draw = random.Random(f"{seed}/{number}")
    buses = _bus(draw, LANES[0]), _bus(draw, LANES[1])
    ring = RingPlan(
        2 ** draw.randint(4, 10),
        draw.choice(WAITING),
        draw.randint(1, 3),
        draw.randint(2, 3),
        draw.getrandbits(32),
    )
    count = round(seconds * FAULTS_A_SECOND)
    faults = sorted((_fault(draw) for _ in range(count)), key=lambda fault: fault.at)
    return Plan(number, seconds, buses, ring, tuple(faults))


def _bus(draw: random.Random, lane: str) -> BusPlan:
    # The first two handlers stay for the whole round: what they must get is known to the last
    # message.
    handlers = tuple(_handler(draw) for _ in range(draw.randint(3, 5)))
    fails = draw.random() < 0.7
    entrance = EntrancePlan(
        draw.getrandbits(32),
        draw.random() < 0.4,
        draw.randint(1, 3),
        200 if fails else 0,
        100 if fails else 0,
    )
    return BusPlan(
        lane,
        2 ** draw.randint(5, 11),
        draw.choice(WAITING),
        tuple(draw.sample(Publisher.WAYS, draw.randint(2, 3))),
        handlers,
        draw.randint(1, 2),
        2 ** draw.randint(4, 10),
        2 ** draw.randint(4, 10),
        draw.choice(WAITING),
        entrance,
        draw.random() < 0.7,
    )


def _handler(draw: random.Random) -> HandlerPlan:
    return HandlerPlan(
        draw.getrandbits(32),
        draw.choice(PIPELINES),
        draw.random() < 0.35,
        draw.random() < 0.25,
        draw.choice((0, 0, 50, 200)),
        draw.choice((0, 300, 1000)),
        draw.choice((0, 100, 400)),
    )


def _fault(draw: random.Random) -> FaultPlan:
    lane = draw.choice(LANES)
    what = draw.choice(RING_FAULTS if lane == LANES[2] else BUS_FAULTS)
    return FaultPlan(draw.random(), lane, what, draw.getrandbits(16), _handler(draw))
