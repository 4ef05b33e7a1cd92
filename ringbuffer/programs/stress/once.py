"""One topology, from its shape to its account."""

import functools
import random
import threading
from collections import Counter
from typing import Any

from ringbuffer import ProcessorState, ProducerType, RingBuffer
from ringbuffer.programs.stress.ledger import Account, settle
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.sending import StressProducer
from ringbuffer.programs.stress.shape import Shape
from ringbuffer.programs.stress.stages import StressStage
from ringbuffer.programs.stress.switches import StressHost
from ringbuffer.programs.stress.waiting import WAITING
from ringbuffer.programs.stress.watch import PATIENCE, WatchedThread, stuck

#: Publications of a sender in its turn, where they take turns.
TURN = 3


def run(shape: Shape, counts: Counter[str]) -> Account:
    """Run a topology to its end; what was done is added to `counts`.

    Raises:
        Stuck: a thread did not end.
        Exception: whatever a thread raised that was not injected.
    """
    with shape.switches.applied() as host:
        return _run(shape, host, counts)


def _run(shape: Shape, host: StressHost, counts: Counter[str]) -> Account:
    kind = ProducerType.SINGLE if shape.single else ProducerType.MULTI
    waiting = WAITING[shape.waiting](host)
    ring: RingBuffer[Any] = (
        RingBuffer.of_values(shape.size, kind, waiting, host=host)
        if shape.values
        else RingBuffer(shape.size, Message, kind, waiting, host=host)
    )
    pick = random.Random(shape.seed)
    stages: list[StressStage] = []
    for number, each in enumerate(shape.stages):
        dependents = [stages[before].sequence for before in each.before]
        stages.append(StressStage(ring, each, number, dependents, pick.randrange(1 << 30)))
    count = -(-shape.messages // shape.producers)
    senders = [
        StressProducer(ring, name, count, shape.failing, pick.randrange(1 << 30))
        for name in range(shape.producers)
    ]
    for stage in stages:
        stage.start()
    turn = threading.Lock()
    tasks = [
        WatchedThread(
            host,
            functools.partial(_send, ring, sender, shape.single, turn),
            f"producer {sender.name}",
        )
        for sender in senders
    ]
    _halt_some(shape, stages, tasks, pick, counts)
    for task in tasks:
        task.join()
    ring.close()
    last = ring.cursor
    for stage in stages:
        stage.finish(last)
    return _settle(ring, stages, senders, counts)


def _send(
    ring: RingBuffer[Any], sender: StressProducer, in_turns: bool, turn: threading.Lock
) -> None:
    """Ends when everything is sent, which takes as long as the slowest consumer."""
    if not in_turns:
        producer = ring.producer()
        while not sender.is_done:
            sender.send_some(producer, TURN)
    while not sender.is_done:
        with turn, ring.producer() as producer:
            sender.send_some(producer, TURN)


def _halt_some(
    shape: Shape,
    stages: list[StressStage],
    tasks: list[WatchedThread],
    pick: random.Random,
    counts: Counter[str],
) -> None:
    """Halt consumers at random, and start them again."""
    haltable = [processor for stage in stages for processor in stage.processors]
    for _ in range(shape.halts if haltable else 0):
        if not any(task.is_alive for task in tasks):
            return
        processor = pick.choice(haltable)
        if not processor.close(PATIENCE):
            raise stuck(f"{processor!r} does not halt")
        assert processor.state is ProcessorState.HALTED
        processor.start()
        counts["halts"] += 1


def _settle(
    ring: RingBuffer[Any],
    stages: list[StressStage],
    senders: list[StressProducer],
    counts: Counter[str],
) -> Account:
    published = [(sender.name, number) for sender in senders for number in sender.published]
    account = Account()
    for stage in stages:
        for ledgers in stage.ledgers:
            account.add(settle(ledgers, published))
        counts["handler's faults"] += stage.faults.count
        counts["rewinds"] += sum(handler.rewinds for handler in stage.handlers)
    if ring.holds_values and any(value is not None for value in ring.slots.view()):
        account.phantoms += 1  # the ring kept a value alive that no consumer will read
    counts["published"] += len(published)
    counts["refused claims"] += sum(sender.refused for sender in senders)
    counts["failed publications"] += sum(sender.failed for sender in senders)
    return account
