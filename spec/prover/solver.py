"""Z3: does a goal follow from facts? And if it does not, in which state?

The only module that imports z3. How long Z3 may try is a number of its steps, and not a time: so a
machine that is busy with other work proves as much as another one. Each call has a context of its
own: what was proven before has no influence, and calls may run side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import z3

from spec.prover.terms import Scalar, Sort, Term

#: How many steps Z3 may take for an obligation; the hardest one takes a tenth of them.
LIMIT: Final = 20_000_000


@dataclass(frozen=True)
class Answer:
    """What Z3 says.

    Attributes:
        proven: whether the goal follows.
        says: "unsat" if it does; else "sat", or why Z3 does not know.
        steps: how many it took.
    """

    proven: bool
    says: str
    steps: int


def prove(text: str, seed: int = 0) -> Answer:
    """Returns whether a goal follows from its facts. Any thread.

    Args:
        text: the facts and the negation of the goal, in SMT-LIB.
        seed: of Z3's random choices.
    """
    solver = _solver(z3.Context(), text, seed)
    answer = solver.check()
    says = solver.reason_unknown() if answer == z3.unknown else str(answer)
    return Answer(answer == z3.unsat, says, solver.statistics().get_key_value("rlimit count"))


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


def _solver(context: z3.Context, text: str, seed: int) -> Any:
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", LIMIT)
    solver.set("random_seed", seed)
    solver.from_string(text)
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
