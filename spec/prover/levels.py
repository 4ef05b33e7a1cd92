"""Whether an expression is about nothing that changes, about a state, or about a step."""

from enum import IntEnum
from typing import Final

from spec.prover import syntax
from spec.prover.module import Module
from spec.prover.syntax import Node


class Level(IntEnum):
    """What an expression depends on, at most."""

    CONSTANT = 0
    STATE = 1
    STEP = 2


class Levels:
    """The levels of the expressions of a module. Names that the module lacks are bound: constant.

    Args:
        module: the module.
    """

    def __init__(self, module: Module) -> None:
        self._module: Final = module
        self._variables: Final = frozenset(module.variables)
        self._known: Final[dict[str, Level]] = {}
        self._of: Final[dict[int, tuple[Node, Level]]] = {}
        self._instances: Final[dict[str, Levels]] = {}

    def of(self, node: Node) -> Level:
        """Returns the level of an expression."""
        found = self._of.get(id(node))
        if found is None:
            found = self._of[id(node)] = node, self._found(node)
        return found[1]

    def _found(self, node: Node) -> Level:
        match node:
            case syntax.Primed() | syntax.Unary("UNCHANGED", _):
                return Level.STEP
            case syntax.Name(name, arguments):
                return max([self.of_name(name), *map(self.of, arguments)])
            case syntax.Instanced(instance, name, arguments):
                inner = self._instance(instance).of_name(name)
                return max([inner, *map(self.of, arguments)])
        return max(map(self.of, syntax.children(node)), default=Level.CONSTANT)

    def of_name(self, name: str) -> Level:
        """Returns the level of a name, without the arguments that it is given."""
        if name in self._variables:
            return Level.STATE
        if name not in self._known:
            self._known[name] = Level.CONSTANT  # a definition does not stand in itself
            definition = self._module.definition(name)
            if definition is not None:
                self._known[name] = self.of(definition.body)
        return self._known[name]

    def _instance(self, name: str) -> "Levels":
        if name not in self._instances:
            match self._module.required(name).body:
                case syntax.InstanceOf(module, _):
                    self._instances[name] = Levels(self._module.beside(module))
                case _:
                    self._instances[name] = self
        return self._instances[name]
