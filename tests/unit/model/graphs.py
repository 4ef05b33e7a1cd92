"""State graphs: TLC's, from what it dumps, and a mirror's, by breadth-first search."""

import gc
import re
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ringbuffer.cli.check.configuration import read
from ringbuffer.cli.check.tlc import run
from ringbuffer.cli.check.tools import find_tools
from tests.unit.model.values import freeze, parse

SPEC = Path(__file__).parents[3] / "spec"

type State = dict[str, Any]
type Steps = Callable[[State], Iterable[tuple[str, State]]]
type Edge = tuple[Any, str, Any]

_NODE = re.compile(r'^(-?\d+) \[label="((?:[^"\\]|\\.)*)"', re.MULTILINE)
_EDGE = re.compile(r'^(-?\d+) -> (-?\d+) \[label="(\w+)"', re.MULTILINE)


def of_tlc(module: str, constants: str, folder: Path) -> tuple[set[Any], set[Edge]]:
    """The states and the labelled edges that TLC finds. Steps that change nothing, such as `Done`, are no edges."""
    path = folder / f"{module}Mirrored.cfg"
    lines = "".join(f"    {line.strip()}\n" for line in constants.strip().splitlines())
    path.write_text(f"\\* module: {module}\n\\* says: -\n\\* size: small\nSPECIFICATION Spec\nCONSTANTS\n{lines}")
    dump = folder / module
    outcome = run(read(path), find_tools(pytest.fail), folder=SPEC, dump=dump)
    assert outcome.error is None, outcome.error
    assert outcome.violated is None, outcome.output
    text = dump.with_suffix(".dot").read_text()
    nodes = {name: state_of(label) for name, label in _NODE.findall(text)}
    edges = {(nodes[before], label, nodes[after]) for before, after, label in _EDGE.findall(text) if before != after}
    assert len(nodes) == outcome.states
    return set(nodes.values()), edges


def state_of(label: str) -> Any:
    """A state, from the label of a node."""
    text = label.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    variables = re.split(r"^/\\ ", text, flags=re.MULTILINE)[1:]
    pairs = (variable.split(" = ", 1) for variable in variables)
    return frozenset((name, parse(value)) for name, value in pairs)


def of_mirror(initial: State, steps: Steps) -> tuple[set[Any], set[Edge]]:
    """The states and the labelled edges that a mirror reaches. Steps that change nothing are no edges."""
    # On a free-threaded build the collector looks at every state again and again; there are no cycles in them.
    gc.disable()
    try:
        first = freeze(initial)
        seen, edges = {first}, set()
        waiting = deque([(first, initial)])
        while waiting:
            before, state = waiting.popleft()
            for label, changes in steps(state):
                next_state = {**state, **changes}
                after = freeze(next_state)
                if after == before:
                    continue
                edges.add((before, label, after))
                if after not in seen:
                    seen.add(after)
                    waiting.append((after, next_state))
        return seen, edges
    finally:
        gc.enable()
