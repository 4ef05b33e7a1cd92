"""Drawing a graph: as text, for Graphviz, and for Mermaid."""

from collections.abc import Iterable

from ringbuffer.disruptor.node import Node

#: The name of the ring in the drawings.
RING = "ring"


def text(title: str, nodes: Iterable[Node]) -> str:
    """Draw a line for each stage: its dependencies, an arrow, its consumers and their sequences.

    The drawing itself is ASCII, so any terminal can show it.
    """
    stages: dict[tuple[Node, ...], list[Node]] = {}
    for node in nodes:
        stages.setdefault(node.after, []).append(node)
    lines = [
        (
            " + ".join(node.name for node in before) or RING,
            ", ".join(_with_position(node) for node in members),
        )
        for before, members in stages.items()
    ]
    width = max((len(before) for before, _ in lines), default=0)
    return "\n".join([title, *(f"  {before:>{width}} --> {members}" for before, members in lines)])


def dot(title: str, nodes: Iterable[Node]) -> str:
    """Draw the graph in the language of Graphviz."""
    nodes = list(nodes)
    lines = [
        "digraph disruptor {",
        "  rankdir=LR;",
        f"  {RING} [shape=box3d, label={_quoted(title)}];",
    ]
    lines += [
        f"  {_key(nodes, node)} [shape={_shape(node)}, label={_quoted(node.name)}];"
        for node in nodes
    ]
    lines += [f"  {before} -> {after};" for before, after in _arrows(nodes)]
    return "\n".join([*lines, "}"])


def mermaid(title: str, nodes: Iterable[Node]) -> str:
    """Draw the graph in the language of Mermaid."""
    nodes = list(nodes)
    lines = ["flowchart LR", f"  {RING}[({_escaped(title)})]"]
    for node in nodes:
        opening, closing = ("[[", "]]") if len(node.processors) > 1 else ("[", "]")
        lines.append(f"  {_key(nodes, node)}{opening}{_escaped(node.name)}{closing}")
    lines += [f"  {before} --> {after}" for before, after in _arrows(nodes)]
    return "\n".join(lines)


def _with_position(node: Node) -> str:
    return f"{node.name} ({node.state}, {node.sequence.get()})"


def _key(nodes: list[Node], node: Node) -> str:
    return f"n{nodes.index(node)}"


def _arrows(nodes: list[Node]) -> Iterable[tuple[str, str]]:
    for node in nodes:
        for before in node.after:
            yield _key(nodes, before), _key(nodes, node)
        if not node.after:
            yield RING, _key(nodes, node)


def _shape(node: Node) -> str:
    return "folder" if len(node.processors) > 1 else "box"


def _quoted(label: str) -> str:
    """Write `label` as a string of Graphviz."""
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _escaped(label: str) -> str:
    """Write `label` as a string of Mermaid, which takes labels for HTML."""
    for character, name in (
        ("#", "#35;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
        ("\n", " "),
    ):
        label = label.replace(character, name)
    return f'"{label}"'
