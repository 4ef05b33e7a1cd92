r"""A formula as several, each with all its quantifiers in front.

`\A i : P => Q /\ \A t : R` becomes `\A i : P => Q` and `\A i, t : P => R`. A solver finds it easier
to see where it can make use of such formulas.
"""

from collections.abc import Iterator

from spec.prover import terms
from spec.prover.terms import Boolean, Sort, Term, conj, implies


def clauses(fact: Boolean) -> Iterator[Boolean]:
    """Yields formulas that together say the same as a formula."""
    yield from _clauses(fact, (), ())


def _clauses(
    fact: Boolean, variables: tuple[Term, ...], premises: tuple[Boolean, ...]
) -> Iterator[Boolean]:
    match fact:
        case True:
            return
        case Term("and", parts):
            for part in parts:
                yield from _clauses(part, variables, premises)
        case Term("=>", (premise, conclusion)):
            yield from _clauses(conclusion, variables, (*premises, premise))
        case Term("forall", (*names, body), patterns=()):
            yield from _clauses(body, (*variables, *names), premises)
        case Term("=", (a, b)) if a.sort == Sort.BOOLEAN and (_has_forall(a) or _has_forall(b)):
            yield from _clauses(b, variables, (*premises, a))
            yield from _clauses(a, variables, (*premises, b))
        case _:
            yield terms.for_all(variables, implies(conj(*premises), fact))


def _has_forall(term: Term) -> bool:
    return term.operator == "forall" or any(map(_has_forall, term.arguments))
