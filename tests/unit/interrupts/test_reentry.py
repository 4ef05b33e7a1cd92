"""A signal handler that changes or ends what its own thread uses: refused, never a hang."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

import ringbuffer
from ringbuffer import DeadlockError, Disruptor, ProducerType, RingBuffer, Sequence, SequenceGroup
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.producer import Producer
from ringbuffer.reentry import is_publishing
from tests.support.threads import PATIENCE


def handle(value: object, sequence: int, end_of_batch: bool) -> None:
    """One consumer."""


def handle_too(value: object, sequence: int, end_of_batch: bool) -> None:
    """Another one."""


def during(
    patch: pytest.MonkeyPatch, owner: type[Any], method: str, action: Callable[[], object]
) -> list[str]:
    """Call `action`, as a signal handler would, at the first call of `method`.

    Returns what it has raised.
    """
    original, raised = getattr(owner, method), list[str]()

    def interrupted(*args: Any, **options: Any) -> Any:
        patch.undo()
        with pytest.raises(DeadlockError) as error:
            action()
        raised.append(str(error.value))
        return original(*args, **options)

    patch.setattr(owner, method, interrupted)
    return raised


def test_wiring_in_the_middle_of_wiring_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    disruptor = Disruptor.of_values(8)
    # Called at the entry, before the lock is taken, and then with the lock held.
    checks = iter((False, True))
    original, raised = Graph._check_there, list[str]()

    def interrupted(graph: Graph[Any], after: Any) -> None:
        if next(checks):
            monkeypatch.undo()
            for action in (
                lambda: disruptor.handle_events_with(handle_too),
                lambda: disruptor.remove(handle_first),
            ):
                with pytest.raises(DeadlockError) as error:
                    action()
                raised.append(str(error.value))
        original(graph, after)

    def handle_first(value: object, sequence: int, end_of_batch: bool) -> None:
        """The one that is there."""

    disruptor.handle_events_with(handle_first)
    monkeypatch.setattr(Graph, "_check_there", interrupted)
    disruptor.handle_events_with(handle)
    assert len(raised) == 2
    assert all("a signal handler cannot change the graph" in text for text in raised)
    assert len(disruptor.graph.nodes) == len(disruptor.ring.gating_sequences) == 2


@pytest.mark.parametrize("call", ["start", "live"])
def test_a_start_in_the_middle_of_a_start_is_refused(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    disruptor = Disruptor.of_values(8, name="subject")
    disruptor.handle_events_with(handle)

    def again() -> None:
        if call == "start":
            disruptor.start()
        else:
            with disruptor.live():
                pass

    raised = during(monkeypatch, Lifecycle, "check_not_over", again)
    disruptor.start()
    assert len(raised) == 1
    disruptor.shutdown()


@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_group_that_its_own_thread_changes_cannot_be_changed(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, new = Sequence(), Sequence()
    group = SequenceGroup(member)
    actions = {
        "add": lambda: group.add_at(Sequence(), Sequence()),
        "remove": lambda: group.remove(member),
    }
    raised = during(monkeypatch, SequenceGroup, "_replace", actions[change])
    group.add_at(Sequence(), new)
    assert len(raised) == 1
    assert group.members == (member, new)


def claim_and_fill(producer: Producer[Any]) -> None:
    with producer.claim(2) as batch:
        batch[:] = [1, 2]


def claim_and_skip(producer: Producer[Any]) -> None:
    with pytest.raises(KeyError), producer.claim(2):
        raise KeyError


PUBLICATIONS: dict[str, Callable[[Producer[Any]], object]] = {
    "publish_value": lambda producer: producer.publish_value(1),
    "try_publish_value": lambda producer: producer.try_publish_value(1),
    "publish_values": lambda producer: producer.publish_values([1, 2, 3]),
    "next and publish": lambda producer: producer.publish(producer.next()),
    "claim, filled": claim_and_fill,
    "claim, skipped": claim_and_skip,
}


@pytest.mark.parametrize("publish", PUBLICATIONS.values(), ids=PUBLICATIONS.keys())
@pytest.mark.parametrize("kind", ProducerType)
def test_at_each_line_of_a_publication_the_thread_is_seen_to_publish(
    kind: ProducerType, publish: Callable[[Producer[Any]], object]
) -> None:
    ring, other = (RingBuffer[Any].of_values(8, producer_type=kind) for _ in range(2))
    producer = ring.producer()
    of_ring, of_other = (
        (each.sequencer.state, each.sequencer.state.skipped) for each in (ring, other)
    )
    seen: list[str] = []
    unseen: list[str] = []

    def look(frame: FrameType) -> None:
        """What a signal handler would do at this line."""
        line = f"{frame.f_code.co_qualname}, line {frame.f_lineno}"
        (seen if is_publishing(*of_ring) else unseen).append(line)
        assert not is_publishing(*of_other)

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_globals.get("__name__", "").startswith("ringbuffer.producer."):
            return None
        if event == "line":
            sys.settrace(None)
            look(frame)
            sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        publish(producer)
    finally:
        sys.settrace(before)
    assert seen
    assert not unseen
    assert not is_publishing(*of_ring)


@pytest.mark.parametrize("kind", ProducerType)
def test_a_shutdown_while_its_own_thread_fills_a_claim_is_refused(kind: ProducerType) -> None:
    handled: list[int] = []
    disruptor = Disruptor[Any].of_values(8, producer_type=kind)
    disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
    disruptor.start()

    def values() -> Iterator[int]:
        yield 1
        with pytest.raises(DeadlockError, match="in the middle of a publication"):
            disruptor.shutdown(PATIENCE)
        yield 2

    with disruptor.ring.producer().claim(2) as batch:
        batch[:] = values()
    disruptor.join()
    assert handled == [1, 2]


def test_the_methods_that_a_look_at_the_stack_knows_by_name_exist() -> None:
    for found in pkgutil.walk_packages(ringbuffer.__path__, "ringbuffer."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    modules = [module for name, module in sys.modules.items() if name.startswith("ringbuffer.")]
    classes = {
        thing.__name__: thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and thing.__module__.startswith("ringbuffer.")
    }
    known: set[str] = set()
    for module in modules:
        for name, names in vars(module).items():
            if name == "_LOCKED" or name.endswith("_PASSES"):
                known |= names
    assert len(known) >= 10
    for qualified in known:
        kind, method = qualified.split(".")
        assert callable(getattr(classes[kind], method)), qualified
