"""A counterexample to induction: a state in which Inv holds, and a step that leaves it.

It is looked for in small instances of the module, in every state of Inv, reachable or not. What Z3
finds is run again with numbers by the evaluator, which does not need Z3: so what is shown is real.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from spec.prover import solver
from spec.prover.context import Context, State
from spec.prover.module import Module
from spec.prover.obligations import Obligation
from spec.prover.smtlib import Writer
from spec.prover.steps import Action, Way
from spec.prover.terms import Boolean, Scalar, Sort, at_most, conj, disj, equal, negate
from spec.prover.theory import Conjunct, Theory

#: What a number can be in a state that is looked for. Far above is what stands for no number.
NUMBERS: Final = range(-4, 8)
_FAR: Final = 12


@dataclass(frozen=True)
class InductionFailure:
    """A counterexample to induction.

    Attributes:
        instance: the constants.
        state: a state in which Inv holds; at first, the first one.
        action: the step from there; None if the first state is wrong, or Safety does not follow.
        after: the state after it.
        violated: the part of Inv, Safety or Steps that does not hold.
    """

    instance: str
    state: State
    action: str | None
    after: State | None
    violated: Conjunct
    theory: Theory = field(repr=False)

    @property
    def words(self) -> str:
        """What is wrong, in a few words."""
        if self.action is not None:
            return f"{self.action} leaves {self.violated.name}"
        if self.state is self.theory.first:
            return f"{self.violated.name} does not hold at first"
        return f"{self.violated.name} does not follow"


class Search:
    """Looks for counterexamples to induction in one instance; one thread.

    Args:
        module: a proof module.
        instance: its constants, as in a configuration of TLC.
    """

    def __init__(self, module: Module, instance: str) -> None:
        self._instance: Final = instance
        self._theory: Final = Theory(module, instance, NUMBERS)
        self._writer: Final = Writer()
        self._inv: Final = self._theory.conjuncts("Inv")
        self._atoms: Final = (*self._theory.elements, *module.strings())
        holds = [self._holds(part, self._theory.context) for part in self._inv]
        self._before: Final = (*self._bounds(), *holds)

    def failures(self) -> Iterator[InductionFailure]:
        """Yields counterexamples: at most one for each way through an action, and part of Inv."""
        yield from self._first()
        for action, way in self._theory.actions(self._theory.state):
            yield from self._of_step(action, way)
        yield from self._implied()

    def possible(self) -> Iterator[tuple[str, bool]]:
        """Yields each way through each action, and whether a state of Inv lets it be taken."""
        for action, way in self._theory.actions(self._theory.state):
            yield action.named(way), self._find(*way.conditions) is not None

    def _holds(self, part: Conjunct, context: Context) -> Boolean:
        return self._theory.evaluator.holds(part.node, context)

    def _bounds(self) -> Iterator[Boolean]:
        """Yields what the unknowns can be."""
        for each in self._theory.made.values():
            if each.sort == Sort.NUMBER:
                highest = NUMBERS.stop + _FAR
                yield conj(at_most(NUMBERS.start, each), at_most(each, highest))
            elif each.sort == Sort.ATOM:
                yield disj(*(equal(each, atom) for atom in self._atoms))

    def _find(self, *wanted: Boolean) -> Mapping[str, Scalar] | None:
        if any(each is False for each in (*self._before, *wanted)):
            return None
        whole = conj(*self._before, *wanted)
        asked = Obligation("", "", (), negate(whole))
        return solver.find(self._writer.text(asked), self._theory.made.values(), self._atoms)

    def _first(self) -> Iterator[InductionFailure]:
        context = Context(self._theory.scope, self._theory.first)
        for part in (*self._inv, *self._theory.conjuncts("Initially")):
            if self._holds(part, context) is False:
                yield self._failure(self._theory.first, None, None, part)

    def _of_step(self, action: Action, way: Way) -> Iterator[InductionFailure]:
        theory = self._theory
        changed = {name for name, value in way.after.items() if value is not theory.state[name]}
        after = Context(theory.scope, way.after)
        during = replace(theory.context, after=way.after)
        wanted = [(part, after) for part in self._inv if changed & part.reads]
        wanted += [(part, during) for part in theory.conjuncts("Steps")]
        for part, context in wanted:
            goal = self._holds(part, context)
            if goal is True:
                continue
            found = self._find(*way.conditions, negate(goal))
            if found is not None:
                yield self._replayed(theory.state_with(found), action, way, part, context is after)

    def _replayed(
        self, state: State, action: Action, way: Way, part: Conjunct, is_of_state: bool
    ) -> InductionFailure:
        """Returns the counterexample, once the evaluator has found it with numbers too."""
        theory = self._theory
        wrong = [
            each.name for each in self._inv if not self._is(each, Context(theory.scope, state))
        ]
        assert not wrong, f"{', '.join(wrong)} does not hold before the step"
        for taken, there in theory.actions(state):
            if taken.named(there) != action.named(way) or there.conditions:
                continue
            after = Context(theory.scope, there.after if is_of_state else state)
            if not is_of_state:
                after = replace(after, after=there.after)
            if not self._is(part, after):
                given = ", ".join(str(each) for each in taken.arguments)
                name = f"{taken.label}({given})" if given else taken.label
                return self._failure(state, name, there.after, part)
        raise AssertionError(f"{action.named(way)} does not violate {part.name} with numbers")

    def _is(self, part: Conjunct, context: Context) -> bool:
        return self._holds(part, context) is True

    def _implied(self) -> Iterator[InductionFailure]:
        for part in self._theory.conjuncts("Safety"):
            goal = self._holds(part, self._theory.context)
            if goal is True:
                continue
            found = self._find(negate(goal))
            if found is not None:
                yield self._failure(self._theory.state_with(found), None, None, part)

    def _failure(
        self, state: State, action: str | None, after: State | None, part: Conjunct
    ) -> InductionFailure:
        return InductionFailure(self._instance, state, action, after, part, self._theory)


def first_failure(module: Module, instances: Sequence[str]) -> InductionFailure | None:
    """Returns the first counterexample to induction in some instances of a module, if any has one.

    Args:
        module: a proof module.
        instances: the constants of each, as in a configuration of TLC.
    """
    for instance in instances:
        for failure in Search(module, instance).failures():
            return failure
    return None
