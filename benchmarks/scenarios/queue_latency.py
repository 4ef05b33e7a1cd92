"""`RingBufferQueue` against `ChannelQueue`, the time of a round trip.

    A --> [ queue ] --> B's handler
    A's handler <-- [ queue ] <-- B

A's handler measures the time of each answer and sends the next message. So one message is in flight
at a time.
"""

import threading
import time
from collections.abc import Callable

from benchmarks.envelopes import ENVELOPES, OPTIONS
from ringbuffer.diagnostics.histogram import FINE, Histogram
from ringbuffer.messaging import InMemoryQueueOptions, TransportEnvelope, create_queue
from ringbuffer.programs.bench.latency import latency_run
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import payload, verify

MOST = 50_000


def ours(count: int, options: InMemoryQueueOptions) -> Measurement:
    """One run of two queues."""
    values = payload(count)
    there, back = create_queue(options, name="there"), create_queue(options, name="back")
    histogram = Histogram(steps=FINE)
    seen = bytearray()
    answered = threading.Event()
    following = iter(values)
    sent = 0
    beginner: threading.Thread | None = None
    send_answer: Callable[[TransportEnvelope], bool] | None = None
    send_question: Callable[[TransportEnvelope], bool] | None = None

    def answer(envelope: TransportEnvelope) -> None:
        nonlocal send_answer
        if send_answer is None:
            send_answer = back.sender()  # of the thread that answers
        send_answer(envelope)

    def ask(envelope: TransportEnvelope) -> None:
        nonlocal sent, send_question
        histogram.record(time.perf_counter_ns() - sent)
        seen.append(envelope.priority)
        value = next(following, None)
        if value is None:
            answered.set()
            return
        if send_question is None:
            assert beginner is not None, "it has asked the first question"
            beginner.join()  # only then may this thread be the single producer
            send_question = there.sender()
        sent = time.perf_counter_ns()
        send_question(ENVELOPES[value])

    there.add_consumer(answer)
    back.add_consumer(ask)

    def begin() -> None:
        # The first question comes from here; this thread ends before the next one comes from A's: a
        # single producer at a time.
        nonlocal sent, beginner
        beginner = threading.current_thread()
        sent = time.perf_counter_ns()
        there.enqueue_sync(ENVELOPES[next(following)])

    with there, back:
        elapsed = together(begin, finish=lambda: answered.wait(DEADLINE_SECONDS))
    verify(type(there).__name__, seen, values)
    return latency_run(histogram.distribution(), cpu=elapsed.cpu_seconds / count * 1e6)


def contender(name: str, options: InMemoryQueueOptions) -> Contender:
    """One mode."""
    role = Role.PEER if name == "ChannelQueue" else Role.OURS
    return Contender(name, lambda count: ours(count, options), role, most=MOST)


def scenario() -> Scenario:
    """Both modes."""
    return Scenario(
        "queue_latency",
        __doc__,
        "p99",
        tuple(contender(name, options) for name, options in OPTIONS.items()),
    )
