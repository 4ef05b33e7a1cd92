"""The end of a program that leaves something open: it says what is left, or drains it."""

import pytest

from ringbuffer.at_exit import AtExit, end_of_program, forget_all
from tests.unit.endings.programs import run

#: Starts one subject with a handler that waits for `go`, and publishes five events to it.
START = """
import threading
from ringbuffer import Disruptor
from ringbuffer.messaging import TransportEnvelope, create_queue, use_in_memory_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus

go, entered, handled = threading.Event(), threading.Event(), []

def held(*event):
    entered.set()
    go.wait()
    handled.append(event)

def start(kind, **options):
    if kind == "disruptor":
        subject = Disruptor.of_values(8, name="subject", **options)
        subject.handle_events_with(held)
        subject.start()
        subject.publish_values(range(5))
    elif kind.endswith("bus"):
        kind_of_bus = ChannelEventBus if kind == "channel bus" else RingBufferEventBus
        subject = kind_of_bus(8, name="subject", **options)
        subject.subscribe(int, held)
        subject.publish_all(list(range(5)))
    else:
        chosen = use_in_memory_queue(
            lambda builder: builder.use_ring_buffer_mode() if kind == "ring queue" else builder
        )
        subject = create_queue(chosen, name="subject", **options)
        subject.add_consumer(held, name="held")
        for _ in range(5):
            subject.enqueue_sync(TransportEnvelope("t", b""))
    return subject
"""

KINDS = ("disruptor", "ring queue", "channel bus", "ring bus", "channel queue")


def every_kind(*in_test: str) -> pytest.MarkDecorator:
    """Each kind starts programs. Those `in_test` show in `make test` what all have in common."""
    marks = {kind: () if kind in in_test else (pytest.mark.verify,) for kind in KINDS}
    return pytest.mark.parametrize("kind", [pytest.param(k, marks=marks[k]) for k in KINDS])


@every_kind("disruptor", "ring queue")
def test_a_program_that_leaves_something_open_warns_logs_and_ends(kind: str) -> None:
    ended = run(f"{START}\nstart({kind!r})\nentered.wait()\n", "-W", "always::ResourceWarning")
    assert ended.returncode == 0
    lines = ended.stderr.splitlines()
    (logged,) = [
        line
        for line in lines
        if line.startswith("'subject' was started and never closed; left unhandled: ")
    ]
    (warned,) = [
        line for line in lines if "ResourceWarning: 'subject' was started and never closed" in line
    ]
    assert any(count in logged for count in ("5 events, from 0 on", "5 events", "4 messages"))
    assert "drain_at_exit=" in warned


@every_kind("ring queue")
def test_what_is_to_be_drained_at_exit_is_handled_silently(kind: str) -> None:
    source = f"""{START}
import atexit, os
start({kind!r}, drain_at_exit=60)
go.set()
atexit._run_exitfuncs()
os.write(1, str(len(handled)).encode())
"""
    ended = run(source, "-W", "error")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "5", "")


@every_kind("disruptor")
def test_a_drain_at_exit_ends_with_its_limit_and_says_what_is_left(kind: str) -> None:
    ended = run(f"{START}\nstart({kind!r}, drain_at_exit=0.05)\nentered.wait()\n", "-W", "error")
    assert ended.returncode == 0
    (logged,) = [line for line in ended.stderr.splitlines() if "left unhandled" in line]
    assert logged.startswith("'subject' was ")
    assert "held has not" in logged


@every_kind("disruptor")
def test_what_was_closed_is_not_spoken_of(kind: str) -> None:
    end = "shutdown" if kind == "disruptor" else "close"
    ended = run(f"{START}\nsubject = start({kind!r})\ngo.set()\nsubject.{end}()\n", "-W", "error")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_callback_of_the_programs_own_that_closes_comes_first() -> None:
    source = (
        f"{START}\nimport atexit\ngo.set()\nsubject = start('disruptor')\n"
        f"atexit.register(subject.shutdown)\n"
    )
    ended = run(source, "-W", "error")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_warning_that_is_an_error_does_not_keep_the_others_from_their_turn() -> None:
    source = f"{START}\nstart('ring bus')\nstart('disruptor')\n"
    ended = run(source, "-W", "error")
    assert ended.returncode == 0
    assert (
        ended.stderr.count(
            "'subject' was started and never closed; left unhandled: held has not finished 5 events"
        )
        >= 2
    )


def test_where_everything_was_handled_the_log_is_quiet_and_the_warning_says_so() -> None:
    source = f"{START}\nsubject = start('disruptor')\ngo.set()\nwhile subject.backlog: pass\n"
    ended = run(source, "-W", "always::ResourceWarning")
    assert ended.returncode == 0
    assert (
        "ResourceWarning: 'subject' was started and never closed; left unhandled: nothing"
        in ended.stderr
    )
    assert run(source).stderr == ""


def test_a_disruptor_without_references_is_still_reported() -> None:
    ended = run(f"{START}\nimport gc\nstart('disruptor')\ngc.collect()\n")
    assert (
        "'subject' was started and never closed; left unhandled: held has not finished 5 events"
        in ended.stderr
    )


def test_what_was_started_last_is_ended_first() -> None:
    forget_all()
    ended: list[tuple[str, float]] = []

    def noting(name: str) -> AtExit:
        def drain(limit: float) -> None:
            ended.append((name, limit))
            made.closed()

        made = AtExit(name, tuple, drain, 2.0)
        return made

    first, second, third = (noting(name) for name in ("first", "second", "third"))
    for each in (first, second, third, first):
        each.started()
    second.closed()
    end_of_program()
    assert ended == [("third", 2.0), ("first", 2.0)]
    end_of_program()
    assert len(ended) == 2
