"""The nodes of a TLA+ expression.

Two nodes are equal if they say the same, wherever they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from spec.prover.errors import Place


@dataclass(frozen=True, kw_only=True)
class Node:
    """An expression. `place` is where it begins."""

    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True)
class Literal(Node):
    """`1`, `"a"` or `TRUE`."""

    value: bool | int | str


@dataclass(frozen=True)
class Name(Node):
    """`x`, `F(a, b)`, or `@`."""

    name: str
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Instanced(Node):
    """`I!F(a)`: a definition of an instance."""

    instance: str
    name: str
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Primed(Node):
    """`e'`: its value after the step."""

    body: Node


@dataclass(frozen=True)
class Unary(Node):
    """`~e`, `-e`, `UNION e`, `SUBSET e`, `DOMAIN e` or `UNCHANGED e`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """An operator between two expressions."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Junction(Node):
    r"""A conjunction `/\` or a disjunction `\/` of two or more parts, or a list with bullets."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Quantified(Node):
    r"""`\A x \in S : e`, `\E x \in S : e` or `CHOOSE x \in S : e`."""

    kind: str
    name: str
    domain: Node
    body: Node


@dataclass(frozen=True)
class Conditional(Node):
    """`IF a THEN b ELSE c`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True)
class Case(Node):
    """`CASE a -> b [] OTHER -> c`. The condition of OTHER is None."""

    arms: tuple[tuple[Node | None, Node], ...]


@dataclass(frozen=True)
class Definition(Node):
    """`F(a, b) == e`."""

    name: str
    parameters: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class InstanceOf(Node):
    """`INSTANCE M WITH x <- e`: what a definition may be, besides an expression."""

    module: str
    substitutions: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Let(Node):
    """`LET F(a) == e IN f`."""

    definitions: tuple[Definition, ...]
    body: Node


@dataclass(frozen=True)
class SetOfItems(Node):
    """`{a, b}`."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Filter(Node):
    r"""`{x \in S : p}`."""

    name: str
    domain: Node
    condition: Node


@dataclass(frozen=True)
class Image(Node):
    r"""`{e : x \in S}`."""

    body: Node
    name: str
    domain: Node


@dataclass(frozen=True)
class Sequence(Node):
    """`<<a, b>>`."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class RecordOf(Node):
    """`[f |-> a, g |-> b]`."""

    fields: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class FunctionOf(Node):
    r"""`[x \in S |-> e]`."""

    name: str
    domain: Node
    body: Node


@dataclass(frozen=True)
class FunctionsFromTo(Node):
    """`[S -> T]`: the set of all functions from a set to another."""

    domain: Node
    range: Node


@dataclass(frozen=True)
class Application(Node):
    """`f[x]`."""

    function: Node
    argument: Node


@dataclass(frozen=True)
class Field(Node):
    """`r.f`."""

    record: Node
    name: str


@dataclass(frozen=True)
class Change(Node):
    """`![a].f = e`: a part of an EXCEPT. A string in the path is a field, a node an argument."""

    path: tuple[str | Node, ...]
    new: Node


@dataclass(frozen=True)
class Except(Node):
    """`[f EXCEPT ![a].b = e]`."""

    base: Node
    changes: tuple[Change, ...]


def children(node: Node) -> Iterator[Node]:
    """Yields the nodes that a node consists of."""
    for each in fields(node):
        yield from _within(getattr(node, each.name))


def _within(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _within(each)
