"""Stages around plain and coroutine functions: order, results, errors, several attempts."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import (
    Correlation,
    ErrorHandling,
    Expiry,
    Logging,
    Metrics,
    Pipeline,
    Retry,
    Validation,
)


def called(pipeline: Pipeline, handler: Callable[[Any], object], message: object = 1) -> object:
    """The result of a plain handler in a pipeline."""
    return pipeline.around(handler)(Delivery(message, None, "handler"))


def awaited(pipeline: Pipeline, handler: Callable[[Any], object], message: object = 1) -> object:
    """The same for a coroutine function that does what the handler does."""

    async def coroutine(message: object) -> object:
        await asyncio.sleep(0)
        return handler(message)

    async def main() -> object:
        return await pipeline.around_async(coroutine)(Delivery(message, None, "handler"))

    return asyncio.run(main())


either = pytest.mark.parametrize("run", [called, awaited], ids=["plain", "coroutine"])
type Run = Callable[..., object]


class Note:
    """Notes when it is entered and left."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name, self._log = name, log

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        self._log.append(f"{self._name} in")
        try:
            return (yield)
        finally:
            self._log.append(f"{self._name} out")


@either
def test_the_first_stage_is_the_outermost(run: Run) -> None:
    log: list[str] = []
    pipeline = Pipeline(Note("a", log), Note("b", log)).use(Note("c", log))

    def handler(message: object) -> object:
        log.append("handler")
        return message

    assert run(pipeline, handler, 7) == 7
    assert log == ["a in", "b in", "c in", "handler", "c out", "b out", "a out"]


@either
def test_a_pipeline_without_stages_is_the_handler(run: Run) -> None:
    assert run(Pipeline(), lambda message: message + 1, 7) == 8


@either
def test_an_error_goes_through_all_stages(run: Run) -> None:
    log: list[str] = []

    def fail(message: object) -> None:
        raise KeyError(message)

    with pytest.raises(KeyError):
        run(Pipeline(Note("a", log), Note("b", log)), fail)
    assert log == ["a in", "b in", "b out", "a out"]


@either
def test_a_stage_may_change_the_result_or_the_error(run: Run) -> None:
    class Change:
        def around(self, delivery: Delivery) -> Generator[None, Any, object]:
            try:
                result = yield
            except KeyError as error:
                raise ValueError("changed") from error
            return result * 10

    def handler(message: int) -> int:
        if message < 0:
            raise KeyError
        return message

    assert run(Pipeline(Change()), handler, 7) == 70
    with pytest.raises(ValueError, match="changed"):
        run(Pipeline(Change()), handler, -7)


@either
def test_a_stage_may_answer_by_itself(run: Run) -> None:
    class Answer:
        def around(self, delivery: Delivery) -> Generator[None, object, object]:
            if delivery.message == 7:
                return "known"
            return (yield)

    def never(message: object) -> str:
        assert message != 7
        return "new"

    assert run(Pipeline(Answer()), never, 7) == "known"
    assert run(Pipeline(Answer()), never, 8) == "new"


@either
def test_a_stage_may_go_on_more_than_once(run: Run) -> None:
    class Thrice:
        def around(self, delivery: Delivery) -> Generator[None, object, object]:
            first = yield
            second = yield
            return [first, second, (yield)]

    log: list[str] = []
    assert run(Pipeline(Thrice(), Note("a", log)), lambda message: message, 7) == [7, 7, 7]
    assert log == ["a in", "a out"] * 3


@either
def test_a_stage_may_swallow_an_error(run: Run) -> None:
    class Swallow:
        def around(self, delivery: Delivery) -> Generator[None, object, object]:
            try:
                return (yield)
            except Exception as error:
                return f"swallowed {error}"

    def fail(message: object) -> None:
        raise ValueError("it")

    assert run(Pipeline(Swallow()), fail) == "swallowed it"


def test_a_stop_iteration_of_the_handler_does_not_end_a_stage_early() -> None:
    log: list[str] = []

    def stop(message: object) -> None:
        raise StopIteration("mine")

    with pytest.raises(RuntimeError, match="raised StopIteration"):
        called(Pipeline(Note("a", log)), stop)
    assert log == ["a in", "a out"]


def test_the_standard_pipeline_has_the_stages_in_order() -> None:
    pipeline = Pipeline.standard(dead_letters=DeadLetterQueue())
    assert [type(stage) for stage in pipeline.stages] == [
        Metrics,
        Logging,
        Correlation,
        Expiry,
        Validation,
        ErrorHandling,
        Retry,
    ]


def test_a_pipeline_is_not_changed_by_use() -> None:
    pipeline = Pipeline()
    assert pipeline.use_correlation() is not pipeline
    assert pipeline.stages == ()
    assert not pipeline.correlates
    assert pipeline.use_correlation().correlates


def test_stages_are_built_once_for_a_handler() -> None:
    built = []

    class Counted:
        @property
        def around(self) -> Any:
            built.append(self)
            return Note("a", []).around

    pipeline = Pipeline(Counted())
    built.clear()
    call = pipeline.around(lambda message: message)
    for number in range(10):
        call(Delivery(number, None, "handler"))
    assert len(built) == 1


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        (7, "must have a method around"),
        (Metrics, "not the class"),
        (
            type("Plain", (), {"around": lambda self, delivery: None})(),
            "must be a generator function",
        ),
    ],
)
def test_an_object_that_is_not_a_stage_is_refused(stage: Any, what: str) -> None:
    with pytest.raises(TypeError, match=what):
        Pipeline(stage)


def test_a_stage_takes_the_delivery() -> None:
    class Wrong:
        def around(self) -> Generator[None, object, object]:
            return (yield)

    with pytest.raises(TypeError, match="one argument"):
        Pipeline(Wrong())  # type: ignore[arg-type]


def test_handlers_go_where_they_belong() -> None:
    async def coroutine(message: object) -> None: ...

    with pytest.raises(TypeError, match="around_async"):
        Pipeline().around(coroutine)
    with pytest.raises(TypeError, match="is not a coroutine function"):
        Pipeline().around_async(lambda message: message)
    with pytest.raises(TypeError, match="Pass the coroutine function itself"):
        called(Pipeline(), lambda message: coroutine(message))
