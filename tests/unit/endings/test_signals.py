"""`SIGTERM`, by the recipes of docs/operations.md: a real process drains and counts."""

import signal
import subprocess

import pytest

from tests.support.threads import PATIENCE
from tests.unit.endings.programs import arguments, environment

THREADS = """
import signal, sys

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))

def wait():
    # With a limit: CPython overlooks a signal that comes just before a thread waits for a lock.
    import threading
    while True:
        threading.Event().wait(0.1)
"""

IN_A_BLOCK = (
    THREADS
    + """
import threading
from ringbuffer import Disruptor

handled, published = 0, 0
go = threading.Event()

def count(value, sequence, end_of_batch):
    global handled
    go.wait()
    handled += 1

try:
    disruptor = Disruptor.of_values(1 << 12)
    disruptor.handle_events_with(count)
    with disruptor:
        for published in range(1, 1001):
            disruptor.publish_value(published)
        threading.Timer(0.05, go.set).start()
        print("published", flush=True)
        wait()
finally:
    print(published, handled, flush=True)
"""
)

IN_A_LOOP = """
import asyncio, signal, sys
from ringbuffer.messaging.bus import RingBufferEventBus

handled = 0

async def count(event):
    global handled
    await asyncio.sleep(0)
    handled += 1

async def serve():
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with RingBufferEventBus() as bus:
        bus.subscribe(int, count)
        for number in range(1000):
            await bus.publish(number)
        print("published", flush=True)
        await asyncio.Event().wait()

try:
    asyncio.run(serve())
except asyncio.CancelledError:
    print(1000, handled, flush=True)
    sys.exit(128 + signal.SIGTERM)
"""


@pytest.mark.parametrize("program", [IN_A_BLOCK, IN_A_LOOP], ids=["threads", "event loop"])
def test_sigterm_drains_and_the_exit_code_says_so(program: str) -> None:
    with subprocess.Popen(
        arguments(program), stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "published\n"
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert out == "1000 1000\n"
    assert process.returncode == 128 + signal.SIGTERM


def test_sigterm_outside_a_block_drains_by_drain_at_exit() -> None:
    program = (
        THREADS
        + """
import atexit, threading
from ringbuffer import Disruptor

handled = []
disruptor = Disruptor.of_values(1 << 12, drain_at_exit=30)
disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
disruptor.start()
disruptor.publish_values(range(1000))
try:
    print("published", flush=True)
    wait()
finally:
    atexit._run_exitfuncs()
    print(len(handled), flush=True)
"""
    )
    with subprocess.Popen(
        arguments(program), stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "published\n"
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (out, process.returncode) == ("1000\n", 143)


def test_a_second_sigterm_ends_the_drain() -> None:
    program = (
        THREADS
        + """
import threading
from ringbuffer import Disruptor

held = threading.Event()

class Draining(Disruptor):
    def shutdown(self, timeout=None):
        print("drains", flush=True)
        super().shutdown(timeout)

disruptor = Draining.of_values(8, name="subject")
disruptor.handle_events_with(lambda value, sequence, end_of_batch: held.wait())
with disruptor:
    disruptor.publish_value(1)
    print("published", flush=True)
    wait()
"""
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        arguments(program), stdout=pipe, stderr=pipe, text=True, env=environment()
    ) as process:
        try:
            assert process.stdout is not None
            for line in ("published\n", "drains\n"):
                assert process.stdout.readline() == line
                process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 143
    assert (
        err
        == "'subject' was halted; left unhandled: <lambda> has not finished 1 events, from 0 on\n"
    )
