"""An interrupt of the drain itself: what is left is reported once, at once or at exit."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbuffer.at_exit import AtExit, end_of_program, forget_all
from ringbuffer.backoff import Backoff
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.messaging.pipeline import AsyncPipelineConsumer, PipelineConsumer
from ringbuffer.messaging.pipeline.timer import Timer
from tests.support.threads import PATIENCE
from tests.unit.endings.kit import SUBJECTS, Held
from tests.unit.endings.test_blocks import every_subject, failing_once, retrying, told


@pytest.fixture(autouse=True)
def nothing_else_is_noted() -> Iterator[None]:
    forget_all()
    yield
    forget_all()


@pytest.fixture
def interrupts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`interrupts(class, "method", ...)`: each method raises at the entry of its first call.

    Returns a list, which later contains the methods that have raised.
    """
    came: list[str] = []

    def interrupt(*methods: tuple[type[Any], str]) -> list[str]:
        for owner, name in methods:
            original = getattr(owner, name)

            def raising(
                *args: Any,
                name: str = name,
                original: Callable[..., Any] = original,
                **options: Any,
            ) -> Any:
                if name not in came:
                    came.append(name)
                    raise KeyboardInterrupt
                return original(*args, **options)

            monkeypatch.setattr(owner, name, raising)
        return came

    return interrupt


def end() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        end_of_program()


DRAIN = (Backoff, "pause")


def started(make: Any) -> tuple[Any, Held]:
    """A subject whose handler is in its first event."""
    handler = Held()
    subject, publish = make(handler)
    if hasattr(subject, "start"):
        subject.start()
    publish()
    assert handler.entered.wait(PATIENCE)
    return subject, handler


@every_subject
@pytest.mark.parametrize(
    ("further", "at_the_end"),
    [((), False), (((AtExit, "ended"),), True), (((AtExit, "closed"),), False)],
    ids=repr,
)
def test_an_interrupt_of_the_drain_of_a_block_is_reported_once(
    make: Any, further: Any, at_the_end: bool, interrupts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    subject, handler = started(make)
    try:
        came = interrupts(DRAIN, *further)
        with pytest.raises(KeyboardInterrupt), subject:
            pass
        assert len(came) == 1 + len(further)
        assert len(told(caplog)) == (not at_the_end)
        end()
        (message,) = told(caplog)
        assert message.startswith("'subject' was ")
        assert "held has not" in message
    finally:
        handler.may_go_on.set()


@every_subject
def test_an_interrupt_of_a_shutdown_by_hand_is_reported_at_the_end_of_the_program(
    make: Any, interrupts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    subject, handler = started(make)
    try:
        interrupts(DRAIN)
        with pytest.raises(KeyboardInterrupt):
            (subject.shutdown if hasattr(subject, "shutdown") else subject.close)()
        assert not told(caplog)
        end()
        (message,) = told(caplog)
        assert message.startswith("'subject' was started and never closed; left unhandled: ")
    finally:
        handler.may_go_on.set()


def test_an_interrupt_of_the_last_wait_of_a_shutdown_is_reported_at_the_end_of_the_program(
    interrupts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    subject, handler = started(SUBJECTS["disruptor"])
    try:
        interrupts((Lifecycle, "join"))
        with pytest.raises(KeyboardInterrupt):
            subject.shutdown(0.01)
        end()
        (message,) = told(caplog)
        assert "held has not finished 5 events" in message
    finally:
        handler.may_go_on.set()


@pytest.mark.parametrize("kind", ["channel queue", "ring queue"])
def test_what_an_interrupted_close_has_discarded_is_reported_at_the_end_of_the_program(
    kind: str, interrupts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    subject, handler = started(SUBJECTS[kind])
    try:
        interrupts(DRAIN)
        with pytest.raises(KeyboardInterrupt):
            subject.close(drain=False)  # waits for the handler when it has discarded the rest
        end()
        (message,) = told(caplog)
        assert "left unhandled: 4 messages that no consumer took; held has not returned" in message
    finally:
        handler.may_go_on.set()


def test_an_interrupt_at_the_end_of_the_program_drains_nothing_more_and_reports_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    drained: list[str] = []

    def interrupted(name: str) -> AtExit:
        def drain(limit: float) -> None:
            drained.append(name)
            raise KeyboardInterrupt

        return AtExit(name, lambda: (f"what {name} has",), drain, 2.0)

    for name in ("first", "second"):
        interrupted(name).started()
    with pytest.raises(KeyboardInterrupt):
        end()
    assert drained == ["second"]
    assert [message.partition(";")[2] for message in told(caplog)] == [
        " left unhandled: what second has",
        " left unhandled: what first has",
    ]
    end()
    assert len(told(caplog)) == 2


def test_a_drain_by_another_thread_is_reported_at_the_end_of_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    thing = AtExit("subject", lambda: ("2 events",), lambda limit: None, 2.0)
    thing.started()
    end()
    assert told(caplog) == ["'subject' was started and never closed; left unhandled: 2 events"]


# -- pipelines ------------------------------------------------------------------------------------

LEFT = ["'pay' was closed; left unhandled: 1 messages were waiting for a retry"]


@pytest.mark.parametrize(
    "further",
    [(), ((Timer, "close"),), ((Timer, "join"),), ((PipelineConsumer, "_abandon"),)],
    ids=repr,
)
def test_an_interrupt_of_the_wait_for_retries_is_reported_once(
    further: Any, interrupts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        PipelineConsumer(retrying(600), failing_once(), name="pay") as consumer,
    ):
        consumer("message")
        came = interrupts(*further) if further else interrupts(DRAIN)
        if further:
            raise KeyboardInterrupt  # which another one follows
    assert came == [name for _, name in further or (DRAIN,)]
    assert told(caplog) == LEFT
    assert consumer.returning == 0


def test_a_second_cancellation_of_a_task_that_waits_for_retries_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(message: object) -> None:
        raise ValueError(message)

    async def main() -> None:
        in_block = asyncio.Event()

        async def use() -> None:
            async with AsyncPipelineConsumer(retrying(600), fail, name="pay") as consumer:
                await consumer("message")
                in_block.set()

        task = asyncio.create_task(use())
        await in_block.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert told(caplog) == LEFT
