"""State graphs: TLC's, from what it dumps, and a mirror's, by breadth-first search."""

import gc
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from ringbuffer.cli.check.configuration import read
from ringbuffer.cli.check.tlc import run
from ringbuffer.cli.check.tools import find_tools
from tests.unit.model.values import freeze, parse

SPEC = Path(__file__).parents[3] / "spec"

type State = dict[str, Any]
type Node = tuple[int, ...]
type Edge = tuple[Node, str, Node]


class Mirror(Protocol):
    @property
    def threads(self) -> tuple[str, ...]: ...

    def initial(self) -> State: ...

    def of_thread(self, state: State, thread: str, /) -> Iterable[tuple[str, State]]:
        """The steps that a thread can take: the action's name, and the variables that it changes."""
        ...


_NODE = re.compile(r'^(-?\d+) \[label="((?:[^"\\]|\\.)*)"', re.MULTILINE)
_EDGE = re.compile(r'^(-?\d+) -> (-?\d+) \[label="(\w+)"', re.MULTILINE)


class Numbers:
    """A number for every value of a variable, in both graphs: a state is a few numbers, in the order of the names."""

    def __init__(self) -> None:
        self._of_value: dict[Any, int] = {}
        self._of_text: dict[str, int] = {}

    def of(self, value: Any) -> int:
        return self._of_value.setdefault(freeze(value), len(self._of_value))

    def of_text(self, text: str) -> int:
        number = self._of_text.get(text)
        if number is None:
            number = self._of_text[text] = self._of_value.setdefault(parse(text), len(self._of_value))
        return number


def of_tlc(module: str, constants: str, folder: Path, numbers: Numbers) -> tuple[set[Node], set[Edge]]:
    """The states and the labelled edges that TLC finds. Steps that change nothing, such as `Done`, are no edges."""
    path = folder / f"{module}Mirrored.cfg"
    lines = "".join(f"    {line.strip()}\n" for line in constants.strip().splitlines())
    path.write_text(f"\\* module: {module}\n\\* says: -\n\\* size: small\nSPECIFICATION Spec\nCONSTANTS\n{lines}")
    dump = folder / module
    outcome = run(read(path), find_tools(print), folder=SPEC, dump=dump)
    assert outcome.error is None, outcome.error
    assert outcome.violated is None, outcome.output
    text = dump.with_suffix(".dot").read_text()
    nodes = {name: state_of(label, numbers) for name, label in _NODE.findall(text)}
    edges = {(nodes[before], label, nodes[after]) for before, after, label in _EDGE.findall(text) if before != after}
    assert len(nodes) == outcome.states
    return set(nodes.values()), edges


def state_of(label: str, numbers: Numbers) -> Node:
    """A state, from the label of a node."""
    text = label.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    variables = re.split(r"^/\\ ", text, flags=re.MULTILINE)[1:]
    values = dict(variable.strip().split(" = ", 1) for variable in variables)
    return tuple(numbers.of_text(values[name]) for name in sorted(values))


def of_mirror(mirror: Mirror, numbers: Numbers, edges: set[Edge] | None = None) -> set[Node]:
    """The states that a mirror reaches; and the labelled edges, into `edges`. Steps that change nothing are no edges."""
    initial, threads = mirror.initial(), mirror.threads
    names = sorted(initial)
    at = {name: index for index, name in enumerate(names)}
    # On a free-threaded build the collector looks at every state again and again; there are no cycles in them.
    gc.disable()
    try:
        first = tuple(numbers.of(initial[name]) for name in names)
        seen = {first}
        waiting = deque([(first, initial)])
        while waiting:
            before, state = waiting.popleft()
            for label, changes in (step for thread in threads for step in mirror.of_thread(state, thread)):
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
