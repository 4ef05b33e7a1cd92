"""Rings between processes, as users see them. Several objects stand for the processes."""

import contextlib
import gc
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    ConsumerFailedError,
    InsufficientCapacityError,
    LiteBlockingWaitStrategy,
    ProducerThreadError,
    RingBuffer,
    RingBufferClosedError,
    YieldingWaitStrategy,
)
from ringbuffer.errors import ProducerDiedError, SeatTakenError, SharedRingError
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.records import RecordLayout
from ringbuffer.sequence import Sequence
from ringbuffer.shared import ConsumerSeat, OnDeath
from ringbuffer.shared.eviction import SeatGroup
from ringbuffer.shared.kernel_locks import KernelLocks
from ringbuffer.shared.seats import Seat
from tests.unit.shared.conftest import Kill

LAYOUT = RecordLayout.of_struct("qd", "number price")


def rows(first: int, count: int) -> list[tuple[int, float]]:
    return [(number, number / 2) for number in range(first, first + count)]


def test_what_one_object_publishes_every_seat_reads(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring, RingBuffer.attach(name) as other:
        one, two = ring.seat("one"), other.seat("two")
        producer = ring.producer()
        producer.publish_records(rows(0, 6))
        ring.close()
        for seat in (one, two):
            got = [each for batch, _ in seat.batches() for each in batch.tolist()]
            assert got == rows(0, 6)
            assert seat.lag == 0
        assert other.status.taken[1].position == 5


def test_a_batch_is_cut_at_the_end_of_the_ring_and_by_the_limit(name: str) -> None:
    with RingBuffer.create(name, 4, LAYOUT) as ring:
        producer = ring.producer()
        producer.publish_records(rows(0, 3))
        with ring.seat("late") as seat:
            producer.publish_records(rows(3, 4))
            ring.close()
            found = [(first, len(batch)) for batch, first in seat.batches(limit=2)]
    assert found == [(3, 1), (4, 1), (5, 2)]


def test_a_view_is_read_only(name: str) -> None:
    with RingBuffer.create(name, 4, LAYOUT) as ring, ring.seat("one") as seat:
        ring.producer().publish_records(rows(0, 1))
        batch, _ = next(seat.batches())
        with pytest.raises(TypeError):
            batch["number"][0] = 7


def test_a_batch_is_finished_when_the_next_one_is_asked_for(name: str) -> None:
    with RingBuffer.create(name, 4, LAYOUT) as ring:
        with contextlib.suppress(KeyError), ring.seat("one") as seat:
            ring.producer().publish_records(rows(0, 2))
            for _batch, _ in seat.batches(limit=1):
                if seat.position == 0:
                    raise KeyError
        with ring.seat("one") as successor:
            assert successor.was_handed_over
            batch, first = next(successor.batches())
            assert (first, batch.tolist()) == (1, rows(1, 1))


def test_a_handler_that_raises_gets_its_batch_again(name: str) -> None:
    with RingBuffer.create(name, 4, LAYOUT) as ring, ring.seat("one") as seat:
        ring.producer().publish_records(rows(0, 2))
        ring.close()
        seen: list[int] = []

        def fail(batch: Any, first: int) -> None:
            seen.append(first)
            if len(seen) == 1:
                raise KeyError

        with pytest.raises(KeyError):
            seat.consume(fail)
        seat.consume(fail)
        assert seen == [0, 0]


def test_a_consumer_that_ends_normally_gates_no_more(name: str) -> None:
    with RingBuffer.create(name, 2, LAYOUT) as ring, ring.seat("one"):
        pass
    with RingBuffer.attach(name) as ring:
        ring.producer().publish_records(rows(0, 9), 60)
        assert ring.status.taken == ()


def test_a_producer_waits_for_the_slowest_seat(name: str) -> None:
    with RingBuffer.create(name, 2, LAYOUT) as ring, ring.seat("slow"):
        producer = ring.producer()
        producer.publish_records(rows(0, 2))
        with pytest.raises(InsufficientCapacityError):
            producer.try_next()


def test_what_a_claim_skips_no_consumer_sees(name: str) -> None:
    with RingBuffer.create(name, 16, LAYOUT) as ring, RingBuffer.attach(name) as other:
        seat = other.seat("one")
        with ring.producer() as producer:
            seen: list[tuple[int, float]] = []
            batches = seat.batches()
            for lap in range(40):
                producer.publish_records(rows(4 * lap, 1))
                with contextlib.suppress(KeyError), producer.claim(1 + lap % 2):
                    raise KeyError
                if lap % 2:
                    producer.publish_records(rows(4 * lap + 1, 1))
                    while len(seen) < (lap + 1) // 2 * 3:
                        seen += next(batches)[0].tolist()
            batches.close()
        expected = [each for lap in range(40) for each in rows(4 * lap, 1 + lap % 2)]
        assert seen == expected


def test_one_process_at_a_time_produces(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring, RingBuffer.attach(name) as other:
        producer = ring.producer()
        with pytest.raises(SeatTakenError, match=f"process {os.getpid()}"):
            other.producer()
        producer.publish_records(rows(0, 1))
        producer.next(3)  # claimed, and given up
        producer.release()
        with pytest.raises(ProducerThreadError):
            producer.next()
        successor = other.producer()
        successor.publish_records(rows(1, 1))
        assert ring.cursor == 1


def test_a_seat_belongs_to_one_consumer_at_a_time(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring, RingBuffer.attach(name) as other:
        seat = ring.seat("one")
        for each in (ring, other):
            with pytest.raises(SeatTakenError, match="is alive"):
                each.seat("one")
            with pytest.raises(SeatTakenError, match="only the seat of a dead"):
                each.evict("one")
        seat.leave()
        seat.leave()
        other.seat("one").leave()
        with pytest.raises(RuntimeError, match="was left"):
            seat.batches().__next__()


def test_a_ring_has_no_more_seats_than_it_was_made_with(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT, seats=2) as ring:
        seats = [ring.seat("one"), ring.seat("two")]
        with pytest.raises(SharedRingError, match="all 2 seats of the ring are taken, by 'one', "):
            ring.seat("three")
        assert [seat.name for seat in seats] == ["one", "two"]


@pytest.mark.parametrize("kind", [RingBufferClosedError, ConsumerFailedError])
def test_the_error_that_closes_a_ring_crosses(name: str, kind: type[RingBufferClosedError]) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring, RingBuffer.attach(name) as other:
        producer = ring.producer()
        other.close(kind("no more ticks — é"))
        for claim in (producer.next, other.producer):
            with pytest.raises(kind, match="no more ticks — é") as caught:
                claim()
            assert type(caught.value) is kind
        assert ring.is_closed


def test_a_ring_whose_claims_are_open_ends_for_consumers_when_the_producer_goes(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring, RingBuffer.attach(name) as other:
        seat = other.seat("one")
        producer = ring.producer()
        last = producer.next()
        ring.close()
        assert ring.status.is_produced
        producer.publish(last)
        producer.release()
        assert [first for _, first in seat.batches()] == [0]


def test_a_consumer_may_end_when_its_producer_dies(kill: Kill, name: str) -> None:
    with RingBuffer.create(name, 16, RecordLayout.of_struct("qqq")) as ring:
        seat = ring.seat("one")
        assert kill("produce", name, 30) == "killed"
        with pytest.raises(ProducerDiedError, match="has ended without closing it"):
            for _ in seat.batches(outlives_producer=False):
                pass
        assert seat.position == ring.cursor


@pytest.mark.parametrize(
    "strategy", [AdaptiveWaitStrategy(), BlockingWaitStrategy(), LiteBlockingWaitStrategy()]
)
def test_strategies_whose_consumers_sleep_until_a_signal_are_refused(
    name: str, strategy: Any
) -> None:
    with pytest.raises(TypeError, match="cannot be used between processes"):
        RingBuffer.create(name, 8, LAYOUT, wait_strategy=strategy)


@pytest.mark.parametrize("strategy", [BusySpinWaitStrategy(), YieldingWaitStrategy()])
def test_strategies_that_look_again_work(name: str, strategy: Any) -> None:
    with RingBuffer.create(name, 8, LAYOUT, wait_strategy=strategy) as ring:
        seat = ring.seat("one")

        def produce() -> None:
            with RingBuffer.attach(name) as other:
                other.producer().publish_records(rows(0, 100), 60)
                other.close()

        thread = SYSTEM_HOST.start_thread(produce, "producer")
        got = [each for batch, _ in seat.batches() for each in batch.tolist()]
        thread.join()
        assert got == rows(0, 100)


def test_objects_that_cannot_cross_are_refused_with_a_reason(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        producer: Any = ring.producer()
        with pytest.raises(TypeError, match="values"):
            producer.publish_value(7)
        with pytest.raises(TypeError, match="belong to the threads of one process"):
            pickle.dumps(ring)
        with pytest.raises(TypeError, match="belong to the threads of one process"):
            pickle.dumps(ring.seat("one"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"size": 7}, ValueError, "power of two"),
        ({"size": 1 << 60}, ValueError, "at most"),
        ({"size": "8"}, TypeError, "integer"),
        ({"seats": 0}, ValueError, "from 1 to 64"),
        ({"seats": 65}, ValueError, "from 1 to 64"),
        ({"dtype": object}, (TypeError, ImportError), "record"),
        ({"dtype": "P"}, ValueError, "not a struct format"),
        ({"dtype": RecordLayout.of_struct("q", "ä")}, ValueError, "ASCII"),
        ({"name": "a/b"}, ValueError, "cannot name a ring"),
        ({"name": ".."}, ValueError, "cannot name a ring"),
        ({"name": ""}, ValueError, "cannot name a ring"),
        ({"name": b"ticks"}, TypeError, "must be a string"),
        ({"name": "x" * 101}, ValueError, "cannot name a ring"),
        ({"wait_strategy": 7}, TypeError, "wait strategy"),
    ],
)
def test_wrong_arguments_are_refused(
    name: str, change: dict[str, Any], error: type[Exception], words: str
) -> None:
    arguments = {"name": name, "size": 8, "dtype": LAYOUT, **change}
    with pytest.raises(error, match=words):
        RingBuffer.create(**arguments)


@pytest.mark.parametrize("seat", ["", "a\nb", "x" * 61, 7])
def test_wrong_names_of_seats_are_refused(name: str, seat: Any) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        with pytest.raises((TypeError, ValueError), match=r"name of a seat|cannot name a seat"):
            ring.seat(seat)
        with pytest.raises(TypeError, match="must be an OnDeath"):
            ring.seat("one", "keep")  # type: ignore[arg-type]


def test_a_name_is_used_once_and_can_be_removed_while_the_ring_is_used(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        with pytest.raises(FileExistsError, match="there is a ring"):
            RingBuffer.create(name, 8, LAYOUT)
        ring.unlink()
        with pytest.raises(FileNotFoundError, match="there is no ring"):
            ring.unlink()
        with pytest.raises(FileNotFoundError, match="there is no ring"):
            RingBuffer.attach(name)
        ring.producer().publish_records(rows(0, 1))
        with RingBuffer.create(name, 4, LAYOUT) as another:
            assert (another.cursor, ring.cursor) == (-1, 0)


def test_after_detaching_every_call_is_refused(name: str) -> None:
    ring = RingBuffer.create(name, 8, LAYOUT)
    producer, seat = ring.producer(), ring.seat("one")
    ring.detach()
    ring.detach()
    calls: list[Callable[[], object]] = [
        ring.producer,
        ring.close,
        ring.__enter__,
        lambda: ring.seat("two"),
        lambda: ring.evict("two"),
        producer.next,
        lambda: seat.position,
    ]
    for call in calls:
        with pytest.raises((RuntimeError, ProducerThreadError)):
            call()


def test_a_detached_ring_leaves_its_seats_to_successors(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        seats = [ring.seat("kept"), ring.seat("dropped", OnDeath.EVICT)]
    assert len(seats) == 2
    with RingBuffer.attach(name) as ring:
        ring.producer().publish_records(rows(0, 8))
        assert [(each.name, each.is_alive) for each in ring.status.taken] == [
            ("kept", False),
            ("dropped", False),
        ]
        with ring.seat("kept") as seat:
            assert next(seat.batches())[1] == 0


def test_objects_that_nothing_refers_to_release_their_seats(name: str) -> None:
    RingBuffer.create(name, 8, LAYOUT).seat("one")
    gc.collect()
    with RingBuffer.attach(name) as ring:
        assert [each.is_alive for each in ring.status.taken] == [False]


def test_a_seat_that_nothing_refers_to_is_left_to_a_successor(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        lost: ConsumerSeat | None = ring.seat("one")
        assert lost is not None
        lost = None
        gc.collect()
        deadline = SYSTEM_HOST.monotonic() + 60
        while ring.status.taken[0].is_alive and SYSTEM_HOST.monotonic() < deadline:
            SYSTEM_HOST.yield_now()
        with ring.seat("one") as successor:
            assert successor.was_handed_over


@pytest.mark.parametrize("step", range(12))
def test_an_interrupt_while_a_seat_is_taken_leaves_nothing_taken(
    name: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here each call that changes a seat or a lock raises once, before or after it has worked."""
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        count = 0

        def interrupted(work: Callable[..., Any], *, late: bool) -> Callable[..., Any]:
            def call(*arguments: Any) -> Any:
                nonlocal count
                count += 1
                if count != step + 1:
                    return work(*arguments)
                if late:
                    work(*arguments)
                raise KeyboardInterrupt

            return call

        for late in (False, True):
            count, taken = 0, None
            with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
                for kind, method in (
                    (KernelLocks, "_set"),
                    (Seat, "write_label"),
                    (SeatGroup, "raise_version"),
                    (Sequence, "set"),
                ):
                    patch.setattr(kind, method, interrupted(getattr(kind, method), late=late))
                taken = ring.seat("one")
            if taken is not None:
                taken.leave()
            # Otherwise the seat would be taken, or another process would be choosing one
            with RingBuffer.attach(name) as other, other.seat("one") as seat:
                assert not seat.was_handed_over


def test_a_thread_that_ends_leaves_the_production_to_another_one(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:

        def produce() -> None:
            ring.producer().publish_records(rows(0, 1))

        SYSTEM_HOST.start_thread(produce, "producer").join()
        ring.producer().publish_records(rows(1, 1))
        assert ring.cursor == 1


def test_the_status_says_which_processes_live(name: str) -> None:
    with RingBuffer.create(name, 8, LAYOUT) as ring:
        seat = ring.seat("one")
        ring.producer().publish_records(rows(0, 3))
        status = ring.status
        assert (status.name, status.buffer_size, status.cursor, status.seats) == (name, 8, 2, 8)
        assert (status.producer, status.is_produced) == (os.getpid(), True)
        assert status.layout == LAYOUT
        assert status.taken[0]._asdict() == {
            "name": "one",
            "process": os.getpid(),
            "is_alive": True,
            "position": -1,
        }
        seat.leave()
        assert name in repr(ring)


CHILD = """
import sys
from ringbuffer import RingBuffer
with RingBuffer.attach(sys.argv[1]) as ring, ring.seat("child") as seat:
    print("seated", flush=True)
    total = sum(sum(records["f0"]) for records, _ in seat.batches())
print(total)
"""


def test_two_programs_share_a_ring(name: str) -> None:
    with (
        RingBuffer.create(name, 64, "qd") as ring,
        subprocess.Popen(
            [sys.executable, "-c", CHILD, name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.readline() == "seated\n"
        packed = b"".join(struct.pack("qd", *each) for each in rows(0, 1000))
        ring.producer().publish_records(packed, 60)
        ring.close()
        told, errors = child.communicate(timeout=60)
    assert (told, errors) == (f"{sum(range(1000))}\n", "")


def test_a_child_that_a_fork_makes_refuses_and_changes_nothing(name: str) -> None:
    """It does not keep the locks of its parent either, although it lives longer."""
    program = f"""
import os, sys
from ringbuffer import ForkedProcessError, RingBuffer
ring = RingBuffer.create({name!r}, 8, "q")
seat, producer = ring.seat("one"), ring.producer()
producer.publish_records([(1,)])
read_end, write_end = os.pipe()
child = os.fork()
if child:
    os.close(write_end)
    print(os.read(read_end, 1000).decode(), flush=True)
    os._exit(0)
said = []
for call in (ring.producer, ring.close, producer.next, lambda: seat.position,
             lambda: next(seat.batches()), lambda: producer.publish_records([(2,)])):
    try:
        call()
        said.append("worked")
    except ForkedProcessError:
        said.append("refused")
    except BaseException as error:
        said.append(repr(error))
own = RingBuffer.attach({name!r})  # a new one works
said.append(str((own.cursor, own.is_closed, [each.is_alive for each in own.status.taken])))
os.write(write_end, " ".join(said).encode())
os.close(write_end)
sys.stdin.readline()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        told = parent.stdout.readline().strip()
        parent.wait(60)
        # The child still waits for a line
        with RingBuffer.attach(name) as ring:
            assert [each.is_alive for each in ring.status.taken] == [False]
            assert not ring.status.is_produced
            ring.producer().publish_records([(3,)])
            assert ring.cursor == 1
    assert told == "refused worked " + " ".join(["refused"] * 4) + " (0, False, [True])"


def test_records_of_a_numpy_dtype_are_arrays_over_the_slots_in_every_process(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    with RingBuffer.create(name, 8, [("number", "i8"), ("price", "f8")]) as ring:
        with RingBuffer.attach(name) as other, RingBuffer.attach(name, numpy=False) as plain:
            seats = other.seat("array"), plain.seat("plain")
            ring.producer().publish_records(numpy.array(rows(0, 2), ring.layout.dtype))
            array, first = next(seats[0].batches())
            assert isinstance(array, numpy.ndarray)
            assert not array.flags.writeable
            assert (first, array["number"].tolist()) == (0, [0, 1])
            assert next(seats[1].batches())[0].tolist() == rows(0, 2)
        with RingBuffer.create(name + "-plain", 8, "qd") as made_without:
            made_without.unlink()
            assert not made_without.layout.uses_numpy
