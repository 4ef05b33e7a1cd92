"""What the log says of a consumer that died."""

import logging
from typing import NoReturn

import pytest

from ringbuffer import ConsumerFailedError, Disruptor
from ringbuffer.processors import FatalExceptionHandler


class Refusing(FatalExceptionHandler):
    """Raises an error of its own, which nothing has logged."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> NoReturn:
        raise ValueError("refused")


def divide(event: list[int], sequence: int, end_of_batch: bool) -> None:
    event.append(1 // sequence)


def log_of(disruptor: Disruptor[list[int]], caplog: pytest.LogCaptureFixture) -> list[str]:
    """The messages about a consumer that dies; those with a traceback end in "+"."""
    disruptor.handle_events_with(divide)
    with pytest.raises(ConsumerFailedError), disruptor:
        disruptor.publish_event(lambda event, sequence: None)
    return [
        each.getMessage() + "+" * (each.exc_info is not None)
        for each in caplog.records
        if each.levelno >= logging.ERROR
    ]


def test_one_traceback_for_one_error_and_each_line_names_the_consumer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = log_of(Disruptor(list[int], 8), caplog)
    assert [line.endswith("+") for line in lines] == [True, False]
    assert all("consumer 'divide'" in line for line in lines)


def test_an_error_of_the_exception_handler_itself_has_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    disruptor = Disruptor(list[int], 8)
    disruptor.set_default_exception_handler(Refusing())
    [line] = log_of(disruptor, caplog)
    assert line.endswith("+")
    assert "refused" in line
