"""In a forked child, calls of the parent's objects raise at once; closing them does nothing."""

import contextlib
import gc
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from ringbuffer import ForkedProcessError, ProducerType, RingBuffer, RingBufferError
from ringbuffer.forks import refusing
from ringbuffer.forks.child import _locks
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE
from tests.unit.forks.kit import LIMIT, MESSAGE, everything, in_child, name_of_error

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

#: Calls that do nothing, and questions that still have an answer.
ANSWERED = {*refusing.ENDS, *refusing.ANSWERS, "name", "pending", "released", "AWAITS"}


def calls_of(thing: object) -> dict[str, Callable[[], object]]:
    """Every public name of an object: the function reads it, and calls it if it can be called."""
    names = {name for name in dir(type(thing)) if not name.startswith("_")} | {
        "__enter__",
        "__call__",
        "__getitem__",
    }
    kinds = [kind for kind in type(thing).__mro__ if kind.__module__.startswith("ringbuffer")]
    makers = {
        name
        for kind in kinds
        for name, member in vars(kind).items()
        if isinstance(member, classmethod | staticmethod)
    }

    def calling(name: str) -> Callable[[], object]:
        def call() -> object:
            found = getattr(thing, name)
            answer = found() if callable(found) else found
            if inspect.iscoroutine(answer):
                with contextlib.suppress(StopIteration):
                    answer.send(None)
            return answer

        return call

    defined = {name for kind in kinds for name in vars(kind)}
    return {name: calling(name) for name in (names - makers - ANSWERED) & defined}


def sweep(made: dict[str, Any]) -> dict[str, str]:
    """What did not refuse, by object and call."""
    return {
        f"{what}.{name}": outcome
        for what, thing in made.items()
        for name, call in calls_of(thing).items()
        if (outcome := name_of_error(call)) != "ForkedProcessError"
    }


def test_every_public_call_refuses_in_a_child() -> None:
    with everything() as made:
        assert in_child(lambda: sweep(made)) == {}


def test_every_public_call_refuses_though_all_locks_were_held_at_the_fork() -> None:
    with everything() as made:
        held, forked = threading.Event(), threading.Event()

        def hold() -> None:
            with contextlib.ExitStack() as stack:
                for lock in tuple(_locks):
                    stack.enter_context(lock)
                held.set()
                assert forked.wait(PATIENCE)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(PATIENCE)
        child: Any = None
        try:
            child = in_child(lambda: (sweep(made), ends(made)))
        finally:
            forked.set()
            holder.join()
        assert child[0] == {}


def ends(made: dict[str, Any]) -> list[str]:
    """What each end returned, in words."""
    returned = []
    for what, thing in made.items():
        for name in ("close", "shutdown", "halt", "stop", "join", "__exit__"):
            if hasattr(type(thing), name):
                end = getattr(thing, name)
                answer = end(None, None, None) if name == "__exit__" else end()
                if inspect.iscoroutine(answer):
                    with contextlib.suppress(StopIteration):
                        answer.send(None)
                    answer = "awaited"
                returned.append(f"{what}.{name}: {answer!r}")
    return returned


def test_every_end_does_nothing_in_a_child_and_the_parent_goes_on() -> None:
    with everything() as made:
        told = in_child(lambda: ends(made))
        assert "single BlockingWaitStrategy.shutdown: None" in told
        assert "processor.join: True" in told
        assert "ring queue.close: CloseReport(handled=0, discarded=0, unfinished=0)" in told
        assert (
            "channel bus.close: BusCloseReport(unhandled={}, abandoned=0, still_running=())" in told
        )
        for name in ("single BlockingWaitStrategy", "multi LiteBlockingWaitStrategy", "pooled"):
            made[name].publish_values(range(100), PATIENCE)
        for name in ("channel bus", "ring bus"):
            assert made[name].publish_sync(1, wait=True, timeout=PATIENCE).ok
        made["queue"].put(1)
        assert made["queue"].get() == 1


def test_an_object_says_in_a_child_which_process_made_it() -> None:
    with everything() as made:
        told, child = in_child(
            lambda: ({what: (repr(thing), str(thing)) for what, thing in made.items()}, os.getpid())
        )
        for what, (representation, text) in told.items():
            assert text == representation
            assert (
                f"made in process {os.getpid()}; this is process {child}, forked from it" in text
            ), what
            assert "RUNNING" not in text
        assert "<Disruptor 'pooled', made" in told["pooled"][0]


def test_the_error_says_what_where_and_what_to_do() -> None:
    with everything() as made:
        with pytest.raises(ForkedProcessError) as raised:
            in_child(lambda: made["pooled"].publish_value(1))
        assert isinstance(raised.value, RingBufferError)
        assert str(raised.value).startswith(
            f"Disruptor 'pooled' was made in process {os.getpid()} and cannot be used in process "
        )
        assert str(raised.value).endswith("make a new one in this process")


def test_a_with_block_around_the_fork_ends_quietly_in_the_child() -> None:
    with everything() as made:

        def leave() -> str:
            made["pooled"].__exit__(SystemExit, SystemExit(0), None)
            made["ring queue"].__exit__(None, None, None)
            return "left"

        assert in_child(leave) == "left"


def test_a_child_of_a_child_is_refused_too() -> None:
    with everything() as made:

        def grandchild() -> Any:
            return in_child(lambda: (sweep(made), repr(made["pooled"])))

        outcome, told = in_child(grandchild)
        assert outcome == {}
        assert f"made in process {os.getpid()}; this is process " in told


def test_the_end_of_a_child_says_nothing_of_what_its_parent_started() -> None:
    from ringbuffer import at_exit

    with everything():
        assert in_child(lambda: len(at_exit._started)) == 0


# -- functions that were kept from before the fork ------------------------------------------------


def kept(made: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """Functions of the parent's objects, bound before the fork."""
    functions: dict[str, Callable[[], object]] = {}
    for name in [name for name in made if name.startswith(("single", "multi"))]:
        producer = made[name].producer()
        low = producer.next()

        def claim(producer: Any = producer) -> None:
            producer.claim(1).__enter__()

        functions |= {
            f"{name} next": producer.next,
            f"{name} try_next": producer.try_next,
            f"{name} publish of what was claimed": partial(producer.publish, low),
            f"{name} skip of what was claimed": partial(producer.skip, low),
            f"{name} publish_value": partial(producer.publish_value, 1),
            f"{name} try_publish_value": partial(producer.try_publish_value, 1),
            f"{name} publish_values": partial(producer.publish_values, [1, 2]),
            f"{name} publish_value of the disruptor": partial(made[name].publish_value, 1),
            f"{name} claim": claim,
        }
    view = made["barrier"].view()
    functions |= {"barrier's view": partial(view.wait_for, 0), "barrier's check": view.check_alert}
    queue = made["queue"]
    functions |= {
        "queue put": partial(queue.put, 1),
        "queue get": queue.get,
        "queue get_nowait": queue.get_nowait,
        "queue put_many": partial(queue.put_many, [1]),
        "poll": partial(made["poller"].poll, lambda *event: None),
    }
    for name in ("channel queue", "ring queue"):
        functions |= {
            f"{name} sender": partial(made[name].sender(), MESSAGE),
            f"{name} enqueue": partial(made[name].enqueue_sync, MESSAGE),
        }
    for name in ("channel bus", "ring bus"):
        made[name].publish_sync(1, wait=True)  # so that this thread has what it publishes by
        functions |= {
            f"{name} publisher": partial(made[name].publisher(), 1),
            f"{name} publish_sync": partial(made[name].publish_sync, 1),
            f"{name} publish_all": partial(made[name].publish_all, [1]),
        }
    return functions


@pytest.mark.parametrize("items", [0, 3, 8])
def test_functions_kept_from_before_the_fork_refuse_too(items: int) -> None:
    with everything() as made:
        for item in range(items):
            made["queue"].put(item)
        functions = kept(made)
        outcomes = in_child(lambda: {name: name_of_error(call) for name, call in functions.items()})
        for name in [name for name in made if name.startswith(("single", "multi"))]:
            producer = made[name].producer()
            # What was claimed before the fork is still available
            producer.publish(made[name].ring.sequencer.claimed)
        assert outcomes == dict.fromkeys(functions, "ForkedProcessError")


def test_a_function_of_a_bus_kept_from_before_the_fork_says_which_bus_refuses() -> None:
    with everything() as made:
        bus = made["channel bus"]
        publish = partial(bus.publisher(), 1)
        with pytest.raises(ForkedProcessError, match=f"ChannelEventBus {bus.name!r} was made in"):
            in_child(publish)


def test_a_generator_of_events_that_was_begun_before_the_fork_refuses_in_the_child() -> None:
    with everything() as made:
        made |= {kind.value: RingBuffer(8, dict, kind) for kind in ProducerType}
        for kind in ProducerType:
            loop = made[kind.value].producer().publish_each(range(5))
            next(loop)
            assert in_child(partial(name_of_error, partial(list, loop))) == "ForkedProcessError"
            loop.close()


def test_a_stream_that_is_thrown_away_in_a_child_starts_no_thread() -> None:
    import gc

    with everything() as made:
        streams = [made["ring"].stream()]

        def throw_away() -> int:
            streams.clear()
            gc.collect()
            return len(
                [thread for thread in threading.enumerate() if thread.name == "ring stream ends"]
            )

        assert in_child(throw_away) == 0


def test_a_child_does_not_hold_the_port_of_an_endpoint() -> None:
    with everything() as made:
        listener = made["endpoint"]._server._listener
        assert in_child(lambda: listener.fileno()) == -1
        assert listener.fileno() >= 0


def test_a_child_that_hangs_fails_the_test() -> None:
    assert LIMIT > 0
    with pytest.raises(AssertionError, match="the child hung, or died: signal 9"):
        in_child(lambda: os.kill(os.getpid(), 9))


@repeated(5, 20)
@pytest.mark.parametrize(
    "name", ["queue", "channel bus", "ring queue", "multi BlockingWaitStrategy"]
)
def test_a_signal_handler_that_forks_inside_a_call_is_left_by_the_child_at_once(
    name: str, times: int
) -> None:
    """Interrupts each call repeatedly, at any point, and forks. No child hangs or continues."""
    with everything() as made:
        call: Callable[[], object] = {
            "queue": lambda: made["queue"].get(made["queue"].put(1) is None),
            "channel bus": lambda: made["channel bus"].publish_sync(1),
            "ring queue": lambda: made["ring queue"].enqueue_sync(MESSAGE),
            "multi BlockingWaitStrategy": lambda: made[name].publish_value(1),
        }[name]
        parent, forked = os.getpid(), []

        def fork(number: int, frame: object) -> None:
            child = os.fork()
            if child == 0:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(LIMIT)
            forked.append(child)

        before = signal.signal(signal.SIGALRM, fork)
        try:
            for _ in range(times):
                many = len(forked)
                signal.setitimer(signal.ITIMER_REAL, 0.001)
                while len(forked) == many:
                    call()
                if os.getpid() != parent:
                    # The call that was interrupted came to its end, as the one of the parent did
                    os._exit(3)
        except BaseException as error:
            if os.getpid() == parent:
                raise
            # A `ForkedProcessError`, or a lock that is free
            os._exit(0 if isinstance(error, RuntimeError) else 4)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        statuses = [os.waitpid(child, 0)[1] for child in forked]
        assert len(statuses) == times
        assert {os.waitstatus_to_exitcode(status) for status in statuses} <= {0, 3}


def test_a_signal_handler_that_forks_inside_a_wait_for_an_item_ends_the_wait_in_the_child() -> None:
    with everything() as made:
        parent, forked = os.getpid(), list[int]()

        def fork(number: int, frame: object) -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)  # a fork may take longer than the interval
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(LIMIT)
            else:
                forked.append(child)
                threading.Thread(target=made["queue"].put, args=(1,)).start()

        before = signal.signal(signal.SIGALRM, fork)
        try:
            # Again and again: a signal that comes just before a thread sleeps does not wake it.
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            outcome = name_of_error(made["queue"].get)
            if os.getpid() != parent:
                os._exit(0 if outcome == "ForkedProcessError" else 4)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert outcome == "returned"
        assert os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1]) == 0


@pytest.mark.parametrize("kind", list(ProducerType))
def test_almost_no_code_in_python_runs_where_a_ring_is_collected(kind: ProducerType) -> None:
    """CPython ignores what a signal handler raises there: an interrupt would be lost.

    The one function that may run leaves nothing undone that matters: it forgets a reference to what
    is gone, which waiters pass over anyway.
    """
    gc.collect()  # what other tests have left
    ring: RingBuffer[Any] = RingBuffer.of_values(4, kind)
    ring.publish_value("x")
    ran: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_globals.get("__name__", "").startswith("ringbuffer"):
            ran.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        del ring
        gc.collect()
    finally:
        sys.setprofile(None)
    assert set(ran) <= {"LiteBlockingWaitStrategy._forget"}
