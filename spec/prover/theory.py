"""`Theory`: a proof module, with constants, a state before a step, and what is known of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from spec.prover import lemmas, syntax, terms
from spec.prover.constants import conjuncts, given_constants, unknown_constants
from spec.prover.context import Context, Scope, State
from spec.prover.errors import ModuleError
from spec.prover.evaluator import Evaluator
from spec.prover.levels import Level
from spec.prover.module import Module
from spec.prover.operators import Operators
from spec.prover.states import Unknowns, initial
from spec.prover.steps import Action, Steps, Way
from spec.prover.syntax import Node, children
from spec.prover.terms import Boolean, Scalar, Sort, Term
from spec.prover.values import Function, Set, Value, the_number


@dataclass(frozen=True)
class Conjunct:
    """A part of `Inv`, `Safety` or `Steps`.

    Attributes:
        name: of the definition; with a number if the definition has several parts.
        node: what it says.
        reads: the variables that it depends on.
    """

    name: str
    node: Node
    reads: frozenset[str]


class Theory:
    """What is known before a step; one thread.

    Args:
        module: a proof module.
        instance: the constants of an instance, as in a configuration. None: any constants.
        numbers: of an instance: what a number in a state can be.

    Attributes:
        scope: the module with its constants.
        first: the values of the variables at first.
        state: any values of the variables.
        assumed: what is known of the constants.
        facts: the same, and what is known of opaque definitions.
        elements: of an instance: the atoms that its sets are made of.
        made: the unknowns of an instance.
    """

    def __init__(
        self, module: Module, instance: str | None = None, numbers: range | None = None
    ) -> None:
        self.module = module
        self.evaluator = Evaluator(Operators(numbers))
        self.steps = Steps(self.evaluator)
        if instance is None:
            constants = unknown_constants(module, self.evaluator)
            opaque = {name: lemmas.opaque(name) for name in lemmas.OPAQUE if name in module.defined}
        else:
            constants, opaque = given_constants(module, instance, self.evaluator), {}
        self.scope = Scope(module, constants.values, opaque)
        self.first: State = initial(self.evaluator, Context(self.scope, {}))
        self.elements = _elements(constants.values, self.first)
        elements = None if instance is None else self.elements
        self._unknowns = Unknowns(self.evaluator.operators, elements)
        self.state = self._state(self._unknowns)
        self.made: Mapping[str, Term] = self._unknowns.made
        self.assumed = constants.facts
        self.facts = (*constants.facts, *self._lemmas())
        self._reads: dict[str, frozenset[str]] = {}

    def _state(self, unknowns: Unknowns) -> State:
        return {name: unknowns.like(name, value) for name, value in self.first.items()}

    def state_with(self, known: Mapping[str, Scalar]) -> State:
        """Returns the state of an instance in which the unknowns have these values."""
        return self._state(replace(self._unknowns, known=known))

    def actions(self, state: State) -> Iterator[tuple[Action, Way]]:
        """Yields each way through each action from a state."""
        for action in self.steps.actions(Context(self.scope, state)):
            for way in self.steps.ways(action):
                yield action, way

    @property
    def context(self) -> Context:
        """What names mean before a step."""
        return Context(self.scope, self.state)

    def conjuncts(self, name: str) -> list[Conjunct]:
        """Returns the parts of a definition that names its parts; none without it.

        Raises:
            ModuleError: a part is not a name, or the module does not define it.
        """
        definition = self.module.definition(name)
        if definition is None:
            return []
        found = []
        for named in conjuncts([definition.body]):
            if not isinstance(named, syntax.Name):
                raise ModuleError(named.place, f"{name} is known as a conjunction of names only")
            parts = list(conjuncts([self.module.required(named.name).body]))
            for number, part in enumerate(parts, 1):
                label = f"{named.name} {number}" if len(parts) > 1 else named.name
                found.append(Conjunct(label, part, self.reads(part)))
        return found

    def reads(self, node: Node) -> frozenset[str]:
        """Returns the variables that an expression depends on."""
        match node:
            case syntax.Name(name, arguments):
                given = [self.reads(each) for each in arguments]
                return self._of_name(name).union(*given)
            case syntax.Instanced():
                return frozenset(self.module.variables)
        return frozenset().union(*map(self.reads, children(node)))

    def _of_name(self, name: str) -> frozenset[str]:
        if name in self.module.variables:
            return frozenset((name,))
        if name not in self._reads:
            self._reads[name] = frozenset()  # a definition does not stand in itself
            definition = self.module.definition(name)
            if definition is not None and self.scope.levels.of_name(name) > Level.CONSTANT:
                self._reads[name] = self.reads(definition.body)
        return self._reads[name]

    def _lemmas(self) -> list[Boolean]:
        if "Index" not in self.scope.opaque:
            return []
        return list(lemmas.facts(*self.ring()))

    def ring(self) -> tuple[lemmas.Of, lemmas.Of | None, terms.Number]:
        """Returns Index, Parity and Size, of which the lemmas speak; Parity is None without one."""
        found = {name: lemmas.as_function(operator) for name, operator in self.scope.opaque.items()}
        return found["Index"], found.get("Parity"), the_number(self.scope.constants[lemmas.SIZE])

    def about(self, event: Term) -> Boolean:
        """Returns what is known of a number that a goal is about, besides what the facts say."""
        if event.sort != Sort.NUMBER or "Index" not in self.scope.opaque:
            return True
        return lemmas.a_ring_before(*self.ring(), event)


def _elements(constants: Mapping[str, Value], first: State) -> tuple[str, ...]:
    """Returns the atoms that the sets of an instance are made of: threads, mostly."""
    found: dict[str, None] = {}
    for value in constants.values():
        if isinstance(value, Set) and value.sort == Sort.ATOM:
            found.update((str(item), None) for item in value.known() or ())
    for value in first.values():
        if isinstance(value, Function) and value.domain.sort == Sort.ATOM:
            found.update((str(item), None) for item in value.domain.known() or ())
    return tuple(found)
