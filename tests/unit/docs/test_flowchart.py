"""The charts that `Disruptor.to_mermaid` writes can be drawn for the site."""

import importlib
import sys
import xml.etree.ElementTree as xml
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuffer import Disruptor, HandlerSpec

DRAWINGS = Path(__file__).parents[3] / "docs" / "drawings"
NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def flowchart(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, str]]:
    monkeypatch.syspath_prepend(str(DRAWINGS))
    monkeypatch.delitem(sys.modules, "flowchart", raising=False)
    drawn: Callable[[str], tuple[str, str]] = importlib.import_module("flowchart").flowchart
    return drawn


def left_of(svg: str, label: str) -> float:
    """The middle of the words of a box."""
    (found,) = (
        float(each.attrib["x"])
        for each in xml.fromstring(svg).iter(f"{NAMESPACE}text")
        if each.text == label
    )
    return found


def test_a_graph_of_a_disruptor_is_drawn_from_left_to_right(
    flowchart: Callable[[str], tuple[str, str]],
) -> None:
    def journal(event: object, sequence: int, end_of_batch: bool) -> None: ...
    def check(event: object, sequence: int, end_of_batch: bool) -> None: ...
    def execute(event: object, sequence: int, end_of_batch: bool) -> None: ...

    disruptor: Disruptor[list[object]] = Disruptor(list, 8, name='a "<name>"')
    disruptor.handle_events_with(
        HandlerSpec(journal, name="journal"), HandlerSpec(check, name="check")
    ).then(HandlerSpec(execute, name="execute"))
    svg, words = flowchart(disruptor.to_mermaid())
    assert 'a "<name>": 8 slots' in words
    assert "journal → execute; check → execute" in words
    assert left_of(svg, "journal") == left_of(svg, "check") < left_of(svg, "execute")


def test_a_pool_of_workers_is_drawn(flowchart: Callable[[str], tuple[str, str]]) -> None:
    svg, words = flowchart('flowchart LR\n  a[("ring")]\n  b[["pool"]]\n  a --> b')
    assert words == "ring → pool"
    assert left_of(svg, "ring") < left_of(svg, "pool")


@pytest.mark.parametrize("text", ["graph TD", 'flowchart LR\n  a{"choice"}'])
def test_what_it_cannot_draw_it_refuses(
    text: str, flowchart: Callable[[str], tuple[str, str]]
) -> None:
    with pytest.raises(ValueError, match="drawn here"):
        flowchart(text)
