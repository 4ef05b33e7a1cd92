"""State graphs: the graph that TLC finds, and the graph that a mirror has.

A state is a tuple of numbers, one for each variable, in the order of the variables' names.
`Numbers` gives both graphs the same numbers, so they can be compared as sets.
"""

import gc
import re
from collections import deque
from pathlib import Path
from typing import Any

from spec.folder import SPEC
from spec.mirrors.mirror import Mirror
from spec.tools.configuration import read
from spec.tools.installation import find_tools
from spec.tools.tlc import run_tlc
from spec.tools.values import freeze, parse

type Node = tuple[int, ...]
type Edge = tuple[Node, str, Node]

_NODE = re.compile(r'^(-?\d+) \[label="((?:[^"\\]|\\.)*)"', re.MULTILINE)
_EDGE = re.compile(r'^(-?\d+) -> (-?\d+) \[label="(\w+)"', re.MULTILINE)


class Numbers:
    """Gives each value of a variable a number."""

    def __init__(self) -> None:
        self._of_value: dict[Any, int] = {}
        self._of_text: dict[str, int] = {}

    def of(self, value: Any) -> int:
        """Returns the number of a value of a mirror."""
        return self._of_value.setdefault(freeze(value), len(self._of_value))

    def of_text(self, text: str) -> int:
        """Returns the number of a value that TLC printed."""
        number = self._of_text.get(text)
        if number is None:
            number = self._of_value.setdefault(parse(text), len(self._of_value))
            self._of_text[text] = number
        return number


def graph_of_tlc(
    module: str, constants: str, folder: Path, numbers: Numbers
) -> tuple[set[Node], set[Edge]]:
    """Returns the states and the labelled edges that TLC finds.

    Steps that change nothing are left out.

    Args:
        module: the name of the module.
        constants: as in a configuration, one a line.
        folder: a folder for TLC's files.
        numbers: the numbers of the values.
    """
    path = folder / f"{module}Mirrored.cfg"
    lines = "".join(f"    {line.strip()}\n" for line in constants.strip().splitlines())
    header = f"\\* module: {module}\n\\* says: -\n\\* size: small\n"
    path.write_text(f"{header}SPECIFICATION Spec\nCONSTANTS\n{lines}")
    dump = folder / module
    found = run_tlc(read(path), find_tools(print), modules=SPEC.modules, dump=dump)
    assert found.error is None, found.error
    assert found.violated is None, found.output
    text = dump.with_suffix(".dot").read_text()
    nodes = {name: _node(label, numbers) for name, label in _NODE.findall(text)}
    edges = _EDGE.findall(text)
    assert len(nodes) == found.states
    return set(nodes.values()), {
        (nodes[before], label, nodes[after]) for before, after, label in edges if before != after
    }


def _node(label: str, numbers: Numbers) -> Node:
    """Returns the state that the label of a node in TLC's dump shows."""
    text = label.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    variables = re.split(r"^/\\ ", text, flags=re.MULTILINE)[1:]
    values = dict(variable.strip().split(" = ", 1) for variable in variables)
    return tuple(numbers.of_text(values[name]) for name in sorted(values))


def states_of_mirror(mirror: Mirror, numbers: Numbers, edges: set[Edge] | None = None) -> set[Node]:
    """Returns the states that a mirror reaches. Adds the labelled edges to `edges`.

    Steps that change nothing are left out.
    """
    initial, threads = mirror.initial(), mirror.threads
    names = sorted(initial)
    at = {name: index for index, name in enumerate(names)}
    # On a free-threaded build the collector visits every state again and again. States have no
    # cycles.
    gc.disable()
    try:
        first = tuple(numbers.of(initial[name]) for name in names)
        seen = {first}
        waiting = deque([(first, initial)])
        while waiting:
            before, state = waiting.popleft()
            steps = (step for thread in threads for step in mirror.of_thread(state, thread))
            for label, changes in steps:
                values = list(before)
                for name, value in changes.items():
                    values[at[name]] = numbers.of(value)
                after = tuple(values)
                if after == before:
                    continue
                if edges is not None:
                    edges.add((before, label, after))
                if after not in seen:
                    seen.add(after)
                    waiting.append((after, {**state, **changes}))
        return seen
    finally:
        gc.enable()
