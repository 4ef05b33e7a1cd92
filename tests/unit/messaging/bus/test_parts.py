"""A bus is made of parts, which use only the public methods of each other."""

import ast
import inspect
from pathlib import Path

import pytest

from ringbuffer.messaging import bus
from ringbuffer.messaging.blocks import Blocks
from ringbuffer.messaging.bus.bus_closing import PASSES, BusClosing
from ringbuffer.messaging.bus.bus_publishing import BusPublishing
from ringbuffer.messaging.bus.composed_bus import ComposedEventBus

ROOT = Path(bus.__file__).parent


@pytest.mark.parametrize("module", sorted(ROOT.rglob("*.py")), ids=lambda path: path.stem)
def test_a_part_reads_and_writes_no_private_attribute_of_another(module: Path) -> None:
    foreign = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]
    assert not foreign, "give that part a public method"


def test_the_methods_that_a_close_in_a_signal_handler_may_wait_for_exist() -> None:
    """A method that was renamed would have every such close handed over to another thread."""
    kinds = {kind.__name__: kind for kind in (Blocks, BusClosing, ComposedEventBus, BusPublishing)}
    for name in PASSES:
        kind, method = name.split(".")
        function = inspect.getattr_static(kinds[kind], method)
        assert function.__code__.co_qualname == name
