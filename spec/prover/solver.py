"""Z3: does a goal follow from facts? And if it does not, in which state?

The only module that imports z3. How long Z3 may try is a number of its steps, and not a time: so a
machine that is busy with other work proves as much as another one. Each call has a context of its
own: what other calls have proven has no influence, and calls may run side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import z3

from spec.prover.terms import Scalar, Sort, Term

#: How many steps Z3 may take for an obligation on its own; the hardest one takes a tenth of them.
LIMIT: Final = 20_000_000
#: How many it may take for one after others that share its facts.
_SHARED_LIMIT: Final = 1_000_000


@dataclass(frozen=True)
class Answer:
    """What Z3 says.

    Attributes:
        proven: whether the goal follows.
        says: "unsat" if it does; else "sat", or why Z3 does not know.
    """

    proven: bool
    says: str


def prove(shared: str, goals: Iterable[str], seed: int = 0) -> Iterator[Answer]:
    """Yields for each goal whether it follows from its facts. Any thread.

    The solver reads the facts that goals share once, which takes much less time. A goal that
    it does not prove after the others is tried once more, on its own.

    Args:
        shared: the facts that goals share, in SMT-LIB.
        goals: of each goal, the other facts and its negation.
        seed: of Z3's random choices.
    """
    solver = _solver(z3.Context(), shared, seed, _SHARED_LIMIT)
    for goal in goals:
        solver.push()
        answer = _answer(solver, goal)
        yield answer if answer.proven else _answer(_solver(z3.Context(), shared, seed), goal)
        solver.pop()


def _answer(solver: Any, goal: str) -> Answer:
    solver.add(z3.parse_smt2_string(goal, ctx=solver.ctx))
    answer = solver.check()
    says = solver.reason_unknown() if answer == z3.unknown else str(answer)
    return Answer(answer == z3.unsat, says)


def find(text: str, unknowns: Iterable[Term], atoms: Iterable[str]) -> Mapping[str, Scalar] | None:
    """Returns values of unknowns for which formulas hold; None without any. Any thread.

    Args:
        text: the formulas, in SMT-LIB, without quantifiers.
        unknowns: whose values are wanted.
        atoms: what an atom can be.

    Raises:
        RuntimeError: Z3 does not know.
    """
    context = z3.Context()
    solver = _solver(context, text, 0)
    answer = solver.check()
    if answer == z3.unsat:
        return None
    if answer == z3.unknown:
        raise RuntimeError(
            f"Z3 finds no state, and does not exclude one: {solver.reason_unknown()}"
        )
    model = solver.model()
    named = z3.DeclareSort(Sort.ATOM, context)
    known = {str(model.eval(z3.Const(f'"{atom}"', named), True)): atom for atom in atoms}
    return {str(each.symbol): _value(model, each, context, known) for each in unknowns}


def _solver(context: z3.Context, text: str, seed: int, limit: int = LIMIT) -> Any:
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", limit)
    solver.set("random_seed", seed)
    solver.add(z3.parse_smt2_string(text, ctx=context))
    return solver


def _value(model: Any, unknown: Term, context: z3.Context, atoms: Mapping[str, str]) -> Scalar:
    name = str(unknown.symbol)
    match unknown.sort:
        case Sort.NUMBER:
            return int(model.eval(z3.Const(name, z3.IntSort(context)), True).as_long())
        case Sort.BOOLEAN:
            return bool(z3.is_true(model.eval(z3.Const(name, z3.BoolSort(context)), True)))
    found = model.eval(z3.Const(name, z3.DeclareSort(Sort.ATOM, context)), True)
    return atoms.get(str(found), str(found))
