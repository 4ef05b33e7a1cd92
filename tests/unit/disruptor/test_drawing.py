"""The graph as text, for Graphviz and for Mermaid."""

import re

from ringbuffer import Disruptor, HandlerSpec, ProducerType, YieldingWaitStrategy
from tests.unit.disruptor.kit import Cell, Named, Recorder, Silent, new_disruptor, put


def wired() -> Disruptor[Cell]:
    disruptor = Disruptor(Cell, 8, ProducerType.SINGLE, YieldingWaitStrategy(), name="orders")
    a, b, c = Named("journal"), Named("replicate"), Named("execute")
    disruptor.handle_events_with(a, b).then(c)
    disruptor.after(c).handle_events_with_worker_pool(Named("one"), Named("two"), name="notify")
    return disruptor


def test_as_text() -> None:
    disruptor = wired()
    assert str(disruptor) == (
        "orders: 8 slots of events, single producer, YieldingWaitStrategy\n"
        "                 ring --> journal (IDLE, -1), replicate (IDLE, -1)\n"
        "  journal + replicate --> execute (IDLE, -1)\n"
        "              execute --> notify (0 of 2 workers running, -1)"
    )
    with disruptor:
        disruptor.publish_event(put, 1)
        assert "2 of 2 workers running" in str(disruptor)
    assert "execute (HALTED, 0)" in str(disruptor)
    assert repr(disruptor).startswith("Disruptor('orders', 4 consumers, RingBuffer(buffer_size=8")
    assert disruptor.name == "orders"


def test_an_empty_one_and_a_dead_one() -> None:
    assert str(new_disruptor()).splitlines() == [
        "disruptor: 8 slots of events, multi producer, AdaptiveWaitStrategy"
    ]
    disruptor = new_disruptor()
    disruptor.set_default_exception_handler(Silent())

    def dies(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError

    disruptor.handle_events_with(dies)
    disruptor.publish_event(put, 1)
    disruptor.start()
    assert disruptor.processor_of(dies).join(60)
    assert "dies (DIED, -1)" in str(disruptor)
    disruptor.halt()


def test_for_graphviz() -> None:
    text = wired().to_dot()
    assert text.startswith("digraph disruptor {\n")
    assert text.endswith("}")
    labels = dict(re.findall(r'^  (\w+) \[shape=\w+, label="([^"]*)"\];$', text, re.M))
    arrows = {(labels[a], labels[b]) for a, b in re.findall(r"^  (\w+) -> (\w+);$", text, re.M)}
    ring = labels["ring"]
    assert ring.startswith("orders: 8 slots")
    assert arrows == {
        (ring, "journal"),
        (ring, "replicate"),
        ("journal", "execute"),
        ("replicate", "execute"),
        ("execute", "notify"),
    }


def test_for_mermaid() -> None:
    text = wired().to_mermaid()
    assert text.startswith('flowchart LR\n  ring[("orders: 8 slots')
    labels = dict(re.findall(r'^  (n\d+)\[+"([^"]*)"\]+$', text, re.M))
    arrows = {
        (labels.get(a, a), labels[b]) for a, b in re.findall(r"^  (\w+) --> (\w+)$", text, re.M)
    }
    assert arrows == {
        ("ring", "journal"),
        ("ring", "replicate"),
        ("journal", "execute"),
        ("replicate", "execute"),
        ("execute", "notify"),
    }


def test_names_that_would_end_a_label_do_not() -> None:
    disruptor = new_disruptor()
    disruptor.handle_events_with(HandlerSpec(Recorder(), name='a "quoted" \\ name\nof two lines'))
    assert 'label="a \\"quoted\\" \\\\ name of two lines"' in disruptor.to_dot()
    assert 'n0["a #quot;quoted#quot; \\ name of two lines"]' in disruptor.to_mermaid()
