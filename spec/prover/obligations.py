r"""What has to be proven of a module, so that its `Safety` holds however long it runs.

    first      Init => Inv, and Init => Initially
    kept       for each way through each action, and each part of Inv: Inv /\ way => part'
    implied    Inv => Safety
    step       for each way through each action, and each part of Steps: Inv /\ way => part
    lemma      of Index and Parity

A part of Inv whose variables a way does not change needs no proof, and has no obligation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spec.prover import lemmas, terms
from spec.prover.choice import Choice
from spec.prover.clauses import clauses
from spec.prover.context import Context, Operator, Scope
from spec.prover.errors import ModuleError
from spec.prover.steps import Action, Way
from spec.prover.terms import Boolean, Sort, Term
from spec.prover.theory import Conjunct, Theory
from spec.prover.values import Value


@dataclass(frozen=True)
class Obligation:
    """A goal that must follow from facts.

    Attributes:
        group: the action; or "Init", "Safety" or "lemmas".
        name: what is to be proven, in words.
        shared: what is known; obligations in a row have the same tuple of it.
        goal: what must follow.
        part: the part of Inv, Safety or Steps that the goal belongs to.
        own: what is known besides.
    """

    group: str
    name: str
    shared: tuple[Boolean, ...]
    goal: Boolean
    part: str = ""
    own: tuple[Boolean, ...] = ()

    @property
    def facts(self) -> tuple[Boolean, ...]:
        """What is known."""
        return (*self.shared, *self.own)


class Obligations:
    """The obligations of a module; one thread.

    Args:
        theory: of the module.
    """

    def __init__(self, theory: Theory) -> None:
        self._theory = theory
        self._inv = theory.conjuncts("Inv")
        self._step = theory.conjuncts("Steps")
        self._before = (*theory.facts, *self._known(theory.context))

    def all(self) -> Iterator[Obligation]:
        """Yields every obligation.

        Raises:
            ModuleError: the module says something that the prover does not know.
        """
        yield from self._lemmas()
        yield from self._first()
        for action, way in self._theory.actions(self._theory.state):
            known = (*self._before, *way.conditions)
            yield from self._kept(action, way, known)
            yield from self._steps(action, way, known)
        yield from self._implied()

    def _known(self, context: Context) -> tuple[Boolean, ...]:
        """Returns Inv in a state, as facts."""
        return tuple(clause for part in self._inv for clause in clauses(self._holds(part, context)))

    def _holds(self, part: Conjunct, context: Context) -> Boolean:
        return self._theory.evaluator.holds(part.node, context)

    def _first(self) -> Iterator[Obligation]:
        context = replace(self._theory.context, state=self._theory.first)
        for part in (*self._inv, *self._theory.conjuncts("Initially")):
            name = f"Init => {part.name}"
            goal = self._holds(part, context)
            yield from self._split("Init", name, part.name, self._theory.facts, goal)

    def _kept(self, action: Action, way: Way, known: tuple[Boolean, ...]) -> Iterator[Obligation]:
        state = self._theory.state
        changed = {name for name, value in way.after.items() if value is not state[name]}
        after = replace(self._theory.context, state=way.after)
        for part in self._inv:
            if changed & part.reads:
                name = f"{action.named(way)} keeps {part.name}"
                goal = self._holds(part, after)
                yield from self._split(action.label, name, part.name, known, goal)

    def _steps(self, action: Action, way: Way, known: tuple[Boolean, ...]) -> Iterator[Obligation]:
        context = replace(self._theory.context, after=way.after)
        for part in self._step:
            name = f"{action.named(way)} is a step of {part.name}"
            goal, choices = self._choosing(part, context)
            facts = known + tuple(choice.property for choice in choices) if choices else known
            if any(choice.context.state is way.after for choice in choices):
                after = replace(self._theory.context, state=way.after)
                facts += self._known(after)
            yield from self._split(action.label, name, part.name, facts, goal)

    def _implied(self) -> Iterator[Obligation]:
        theory = self._theory
        for part in theory.conjuncts("Safety"):
            goal, choices = self._choosing(part, theory.context)
            facts = self._before + tuple(choice.property for choice in choices)
            yield from self._split("Safety", f"Inv => {part.name}", part.name, facts, goal)
        # Whatever a step has chosen after it, must be there to choose in each state.
        for choice in tuple(theory.evaluator.choices.values()):
            if choice.context.scope is not theory.scope:
                raise ModuleError(choice.node.place, "a CHOOSE of an instance is not known")
            theory.evaluator.value(choice.node, replace(choice.context, state=theory.state))
        for choice in theory.evaluator.choices.values():
            if choice.context.state is theory.state:
                name = f"CHOOSE in line {choice.node.place.line} finds one"
                for number, goal in enumerate(choice.exists, 1):
                    named = f"{name}, {number}"
                    yield from self._split("Safety", named, "CHOOSE", self._before, goal)

    def _choosing(self, part: Conjunct, context: Context) -> tuple[Boolean, list[Choice]]:
        """Returns what a part says, and the choices of CHOOSE in the states that it is about."""
        goal = self._holds(part, context)
        choices = self._theory.evaluator.choices.values()
        return goal, [
            each
            for each in choices
            if each.context.state is context.state or each.context.state is context.after
        ]

    def _lemmas(self) -> Iterator[Obligation]:
        """Yields the lemmas about the definitions that the module has.

        A solver learns what a division means, and a few truths about products, each of which it
        proves first of any two numbers.
        """
        theory = self._theory
        if "Index" not in theory.scope.opaque:
            return
        size = theory.ring()[2]
        s, t, a, b = (terms.constant(name, Sort.NUMBER) for name in ("s", "t", "a", "b"))
        lap_of_s, lap_of_t = terms.divided(s, size), terms.divided(t, size)
        true_products = tuple(lemmas.products(size, lap_of_s, lap_of_t))
        facts = (*theory.assumed, *lemmas.divisions(size, s, t), *true_products)
        index = lemmas.as_function(self._defined("Index"))
        parity = (
            lemmas.as_function(self._defined("Parity")) if "Parity" in theory.scope.opaque else None
        )
        for name, lemma, _ in lemmas.lemmas(index, parity, size, s, t):
            yield Obligation("lemmas", name, facts, lemma)
        for number, product in enumerate(lemmas.products(size, a, b), 1):
            yield Obligation("lemmas", f"product {number}", theory.assumed, product)

    def _defined(self, name: str) -> Operator:
        """Returns what the module defines, as a function."""
        theory = self._theory
        definition = theory.module.required(name)
        context = Context(Scope(theory.module, theory.scope.constants), theory.state)

        def apply(*given: Value) -> Value:
            inner = context
            for parameter, value in zip(definition.parameters, given, strict=True):
                inner = inner.with_value(parameter, value)
            return theory.evaluator.value(definition.body, inner)

        return apply

    def _split(
        self, group: str, name: str, part: str, facts: tuple[Boolean, ...], goal: Boolean
    ) -> Iterator[Obligation]:
        """Yields an obligation for each part of a goal; none for what is true anyway."""
        parts = list(self._parts(goal, ()))
        for number, (premises, each, numbers) in enumerate(parts, 1):
            about = tuple(self._theory.about(event) for event in numbers)
            label = f"{name}: {number}" if len(parts) > 1 else name
            yield Obligation(group, label, facts, each, part, (*premises, *about))

    def _parts(
        self, goal: Boolean, premises: tuple[Boolean, ...], numbers: tuple[Term, ...] = ()
    ) -> Iterator[tuple[tuple[Boolean, ...], Boolean, tuple[Term, ...]]]:
        """Yields the parts of a goal, each with what may be assumed, and what it is about.

        What a goal says of every thing it says of any one thing, to which a name is given.
        """
        if goal is True:
            return
        match goal:
            case Term("and", parts):
                for each in parts:
                    yield from self._parts(each, premises, numbers)
            case Term("=>", (premise, conclusion)):
                yield from self._parts(conclusion, (*premises, premise), numbers)
            case Term("=", (a, b)) if a.sort == Sort.BOOLEAN:
                yield from self._parts(b, (*premises, a), numbers)
                yield from self._parts(a, (*premises, b), numbers)
            case Term("forall", (*variables, body)):
                given = {each: self._any(each) for each in variables}
                whole = terms.substituted(body, given)
                yield from self._parts(whole, premises, (*numbers, *given.values()))
            case _:
                yield premises, goal, numbers

    def _any(self, variable: Term) -> Term:
        name = str(variable.symbol).split("!")[0]
        return terms.constant(self._theory.evaluator.operators.fresh(name), variable.sort)
