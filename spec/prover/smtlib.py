"""An obligation as text in SMT-LIB, which every solver reads.

The text asks whether the facts and the negation of the goal hold together in some state. "unsat"
says that they do not: the goal follows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from spec.prover.obligations import Obligation
from spec.prover.terms import Boolean, Sort, Term, negate, term_of

_SIMPLE: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9!.]*")


@dataclass
class Writer:
    """Writes obligations; one thread. What it has written of a fact, it keeps.

    Attributes:
        asserted: the text of each fact.
        used: the symbols that each term has: a name with the line that declares it.
    """

    asserted: dict[Term, str] = field(default_factory=dict)
    used: dict[Term, dict[str, str]] = field(default_factory=dict)

    def text(self, obligation: Obligation) -> str:
        """Returns the obligation, without a command that asks the solver."""
        return self._asserted((*obligation.facts, negate(obligation.goal)), {})[0]

    def texts(self, obligations: Sequence[Obligation]) -> tuple[str, list[str]]:
        """Returns what obligations share, as the first one has it, and the rest of each."""
        shared, declared = self._asserted(obligations[0].shared, {})
        rest = ((*each.own, negate(each.goal)) for each in obligations)
        return shared, [self._asserted(each, declared)[0] for each in rest]

    def _asserted(
        self, formulas: Iterable[Boolean], before: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """Returns the text of formulas, and what it declares.

        Args:
            formulas: that are asserted.
            before: what the solver that is given the text has already.
        """
        terms = [term_of(each) for each in formulas]
        declared: dict[str, str] = {}
        for term in terms:
            declared.update(self._symbols(term))
        lines = [f"(declare-sort {Sort.ATOM} 0)", *declared.values()]
        atoms = sorted(name for name in declared.keys() | before.keys() if name.startswith('|"'))
        if len(atoms) > 1:
            lines += [before[name] for name in atoms if name not in declared]
            lines.append(f"(assert (distinct {' '.join(atoms)}))")
        lines += [self._assertion(term) for term in terms]
        return "\n".join(lines) + "\n", declared

    def _assertion(self, term: Term) -> str:
        if term not in self.asserted:
            self.asserted[term] = f"(assert {_written(term)})"
        return self.asserted[term]

    def _symbols(self, term: Term) -> dict[str, str]:
        if term not in self.used:
            found: dict[str, str] = {}
            if term.operator in ("constant", "apply") or _is_atom(term):
                name = _name(term)
                sorts = " ".join(part.sort for part in term.arguments)
                found[name] = f"(declare-fun {name} ({sorts}) {term.sort})"
            for part in term.arguments:
                found.update(self._symbols(part))
            self.used[term] = found
        return self.used[term]


def _is_atom(term: Term) -> bool:
    return term.operator == "literal" and term.sort == Sort.ATOM


def _name(term: Term) -> str:
    if _is_atom(term):
        return f'|"{term.symbol}"|'
    name = str(term.symbol)
    return name if _SIMPLE.fullmatch(name) else f"|{name}|"


def _written(term: Term) -> str:
    return "".join(_pieces(term))


def _pieces(term: Term) -> Iterator[str]:
    match term.operator:
        case "literal" if not _is_atom(term):
            yield _number(term.symbol)
        case "literal" | "constant" | "bound":
            yield _name(term)
        case "forall" | "exists":
            yield from _quantifier(term)
        case operator:
            yield f"({_name(term) if operator == 'apply' else operator}"
            for part in term.arguments:
                yield " "
                yield from _pieces(part)
            yield ")"


def _number(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"(- {-value})" if isinstance(value, int) and value < 0 else str(value)


def _quantifier(term: Term) -> Iterator[str]:
    *variables, body = term.arguments
    bound = " ".join(f"({_name(each)} {each.sort})" for each in variables)
    yield f"({term.operator} ({bound}) "
    if term.patterns:
        patterns = (f":pattern ({' '.join(map(_written, pattern))})" for pattern in term.patterns)
        yield f"(! {_written(body)} {' '.join(patterns)})"
    else:
        yield from _pieces(body)
    yield ")"
