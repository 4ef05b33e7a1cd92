"""Real shortages of file descriptors and threads, each in a process of its own.

Threads are short because there is no memory for their stacks.
"""

import subprocess
import sys
import textwrap

import pytest

SETUP = """
import contextlib, logging, os, resource, threading
from ringbuffer import Disruptor
from ringbuffer.messaging import InMemoryQueueOptions, QueueMode, TransportEnvelope, create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def now():
    return descriptors(), threading.active_count()

def wait_for(before):  # a thread that ends takes a moment
    pause = threading.Event()
    for _ in range(3000):
        if now() == before:
            return
        pause.wait(0.01)
    raise AssertionError((before, now(), threading.enumerate()))

def wait_until_alone():  # what was closed: its threads have done their work, and still have to end
    pause = threading.Event()
    for _ in range(3000):
        if threading.active_count() == 1:
            return
        pause.wait(0.01)
    raise AssertionError(threading.enumerate())

@contextlib.contextmanager
def no_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

@contextlib.contextmanager
def no_threads():
    threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(0)

def refused(call, *errors):
    try:
        call()
    except errors as error:
        return error
    raise AssertionError(f"{call} was not refused")

class Notes:
    def __init__(self):
        self.seen, self.changed = [], threading.Condition()
    def __call__(self, thing):
        with self.changed:
            self.seen.append(thing)
            self.changed.notify_all()
    async def coroutine(self, thing):
        self(thing)
    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.seen) >= count, 30), self.seen
"""

PROGRAMS = {
    "a bus without file descriptors": """
for Bus in (RingBufferEventBus, ChannelEventBus):
    wait_until_alone()
    plain, late = Notes(), Notes()
    bus = Bus(8)
    bus.subscribe(int, plain)
    before = now()
    with no_descriptors():
        assert refused(lambda: bus.subscribe(int, late.coroutine), OSError).errno == 24
    wait_for(before)
    for number in range(20):
        bus.publish_sync(number, timeout=30)
    plain.wait_for(20)
    bus.subscribe(int, late.coroutine)
    bus.publish_sync(20)
    late.wait_for(1)
    assert bus.close(timeout=30).is_complete
""",
    "a bus without threads": """
for Bus in (RingBufferEventBus, ChannelEventBus):
    wait_until_alone()
    plain, late, letters = Notes(), Notes(), DeadLetterQueue()
    retry = RetryPolicy(3, delay=0.001)
    bus = Bus(8, pipeline=Pipeline.standard(dead_letters=letters, retry=retry))
    bus.subscribe(int, plain)
    def down(event):
        raise OSError("down")
    bus.subscribe(str, down)
    with no_threads():
        for handler in (late, late.coroutine):
            refused(lambda: bus.subscribe(int, handler, own_thread=True), RuntimeError)
        for number in range(20):
            bus.publish_sync(number, timeout=30)
        plain.wait_for(20)
        # A retry that no thread can wait for has failed, and is kept.
        assert bus.publish_sync("text", wait=True, timeout=30).errors
        assert [letter.message for letter in letters.list()] == ["text"]
        assert [each.name for each in bus.subscriptions] == ["Notes", "down"], bus.subscriptions
    letters.replay()
    bus.subscribe(int, late.coroutine)
    bus.publish_sync(20)
    late.wait_for(1)
    assert bus.close(timeout=30).is_complete
    assert [letter.attempts for letter in letters.list()] == [3]
""",
    "a coroutine function whose thread to wait in cannot be started later": """
for Bus in (RingBufferEventBus, ChannelEventBus):
    wait_until_alone()
    notes = Notes()
    bus = Bus(8)
    bus.subscribe(int, notes.coroutine)
    with no_threads():
        for number in range(20):
            bus.publish_sync(number, timeout=30)
        notes.wait_for(20)
    assert notes.seen == list(range(20))
    assert bus.metrics().handlers["Notes.coroutine"].failure is None
    assert bus.close(timeout=30).is_complete
""",
    "queues without threads or file descriptors": """
for mode in QueueMode:
    wait_until_alone()
    notes = Notes()
    queue = create_queue(InMemoryQueueOptions(mode, 8))
    queue.enqueue_sync(TransportEnvelope("kind"))
    before = now()
    with no_threads():
        refused(lambda: queue.add_consumer(notes), RuntimeError)
        refused(lambda: queue.add_consumer(notes.coroutine), RuntimeError)
    with no_descriptors():
        refused(lambda: queue.add_consumer(notes.coroutine), OSError)
    assert queue.consumers == ()
    wait_for(before)
    queue.add_consumer(notes.coroutine)
    notes.wait_for(1)
    report = queue.close(timeout=30)
    assert report.unfinished == 0, report
""",
    "a disruptor without threads or file descriptors": """
notes = Notes()
async def coroutine(event, sequence, end_of_batch):
    notes(event)
disruptor = Disruptor.of_values(8)
disruptor.handle_events_with(lambda event, sequence, end_of_batch: notes(event), coroutine)
disruptor.publish_value("early")
before = now()
with no_threads():
    refused(disruptor.start, RuntimeError)
with no_descriptors():
    refused(disruptor.start, OSError)
wait_for(before)
disruptor.start()
disruptor.publish_value("late")
disruptor.shutdown(30)
assert sorted(notes.seen) == ["early"] * 2 + ["late"] * 2, notes.seen
""",
}


@pytest.mark.skipif(
    sys.platform != "linux", reason="limits of a process and /proc, as Linux has them"
)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_real_shortage_is_an_error_for_the_caller_and_nothing_more(name: str) -> None:
    program = textwrap.dedent(SETUP) + PROGRAMS[name] + '\nprint("all of it")\n'
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "all of it\n", run.stderr
