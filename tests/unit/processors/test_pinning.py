"""Binding a processor's thread to a core."""

import os
import threading

import pytest

from ringbuffer import BatchEventProcessor, RingBuffer, WorkerPool
from ringbuffer.host import SYSTEM_HOST
from tests.support.forwarding_host import ForwardingHost
from tests.unit.processors.kit import Cell, Recorder, new_ring, publish, wait_for_sequence


class NotingHost(ForwardingHost):
    def __init__(self) -> None:
        self.pins: list[tuple[str, int]] = []

    def available_cpus(self) -> frozenset[int]:
        return frozenset({0, 1, 7})

    def pin(self, cpu: int) -> None:
        self.pins.append((threading.current_thread().name, cpu))


def test_its_own_thread_is_bound_when_it_starts() -> None:
    host = NotingHost()
    ring = RingBuffer(4, Cell, host=host)
    with BatchEventProcessor(ring, ring.new_barrier(), Recorder(), name="pinned", cpu=7):
        pass
    pool = WorkerPool(ring, name="pool")
    pool.add(Recorder(), cpu=1)
    pool.start()
    assert pool.close(30)
    assert host.pins == [("pinned", 7), ("pool #1", 1)]


def test_a_thread_that_is_lent_to_it_is_not() -> None:
    host = NotingHost()
    ring = RingBuffer(4, Cell, host=host)
    processor = BatchEventProcessor(ring, ring.new_barrier(), lambda *_: processor.halt(), cpu=7)
    publish(ring, [1])
    processor.run()
    assert host.pins == []


def test_a_core_that_is_not_there_is_refused_and_gates_nothing() -> None:
    ring = RingBuffer(4, Cell, host=NotingHost())
    with pytest.raises(ValueError, match=r"cpu 3; it may use \[0, 1, 7\]"):
        BatchEventProcessor(ring, ring.new_barrier(), Recorder(), cpu=3)
    publish(ring, range(10))


def test_the_system_binds_the_calling_thread() -> None:
    cpus = SYSTEM_HOST.available_cpus()
    if not cpus:
        assert not hasattr(os, "sched_setaffinity")
        return
    ring, seen = new_ring(4), []

    def look(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append(os.sched_getaffinity(0))

    with BatchEventProcessor(ring, ring.new_barrier(), look, cpu=max(cpus)) as processor:
        publish(ring, [1])
        wait_for_sequence(ring, processor, 0)
    assert seen == [{max(cpus)}]
    assert frozenset(os.sched_getaffinity(0)) == cpus
