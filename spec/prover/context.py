"""`Context`: what the names in an expression mean at a place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from spec.prover import syntax
from spec.prover.levels import Level, Levels
from spec.prover.module import Module
from spec.prover.syntax import Node
from spec.prover.values import Value

type Operator = Callable[..., Value]
type State = Mapping[str, Value]


@dataclass
class Scope:
    """A module with the values of its constants.

    Attributes:
        module: the module.
        constants: the values.
        opaque: definitions that are not looked into, by name: each gives an unknown, of which only
            lemmas are known.
        levels: of its expressions.
        computed: the values of definitions that no state changes.
    """

    module: Module
    constants: Mapping[str, Value]
    opaque: Mapping[str, Operator] = field(default_factory=dict)
    computed: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.levels = Levels(self.module)


@dataclass(frozen=True)
class Bound:
    """What a name is bound to.

    Attributes:
        value: the value, or a function of Python for a name with parameters.
        source: the expression that the value comes from, if its value may change with the state.
        context: the context of that expression.
    """

    value: Value | Operator
    source: Node | None = None
    context: "Context | None" = None

    def is_rigid(self) -> bool:
        """Whether it has the same value in the next state."""
        return self.source is None or (
            self.context is not None and self.context.is_rigid(self.source)
        )


@dataclass(frozen=True)
class Context:
    """What names mean.

    Attributes:
        scope: the module.
        state: the value of each variable.
        after: the values of the variables after a step; those that the step has yet to give a value
            are missing. None outside of steps.
        bound: the names of quantifiers, parameters and LETs.
        is_primed: whether the expression stands under a prime: `state` is the one after the step.
    """

    scope: Scope
    state: State
    after: State | None = None
    bound: Mapping[str, Bound] = field(default_factory=dict)
    is_primed: bool = False

    def with_value(self, name: str, value: Value) -> "Context":
        """Returns a context in which a name has a value that no step changes."""
        return replace(self, bound={**self.bound, name: Bound(value)})

    def inside(self, bound: Mapping[str, Bound]) -> "Context":
        """Returns the context of a definition that is given arguments."""
        return replace(self, bound=bound)

    def is_rigid(self, node: Node) -> bool:
        """Whether an expression has the same value in the next state."""
        match node:
            case syntax.Name(name, arguments) if name in self.bound:
                return self.bound[name].is_rigid() and all(map(self.is_rigid, arguments))
            case syntax.Name(name, arguments):
                level = self.scope.levels.of_name(name)
                return level == Level.CONSTANT and all(map(self.is_rigid, arguments))
            case syntax.Primed() | syntax.Instanced():
                return False
        return all(map(self.is_rigid, syntax.children(node)))
