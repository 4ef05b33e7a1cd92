"""Equality, IF and quantifiers, for values that are known or not."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from spec.prover import terms
from spec.prover.terms import Boolean, SortError, Term, conj, disj, implies, negate
from spec.prover.values import Element, Function, Set, Value, kind_of, the_boolean, the_scalar


class Quantifiers:
    """What holds of values; and the names of the unknowns that are made. One thread.

    Where a quantifier cannot be taken apart because the elements of its set are not known one by
    one, the formula has a quantifier too.

    Args:
        numbers: in an instance, the numbers that may be elements of an interval whose ends are not
            known. None: an interval is not taken apart.
    """

    def __init__(self, numbers: range | None = None) -> None:
        self.numbers: Final = numbers
        self._count: Final[Iterator[int]] = itertools.count()

    def fresh(self, name: str) -> str:
        """Returns a name that no other unknown has."""
        return f"{name}!{next(self._count)}"

    def equal(self, a: Value, b: Value) -> Boolean:
        """Returns whether two values are the same."""
        match a, b:
            case Set(), Set():
                return conj(self.is_within(a, b), self.is_within(b, a))
            case Function(), Function():
                same = True if a.domain is b.domain else self.equal(a.domain, b.domain)
                return conj(same, self.all(a.domain, lambda x: self.equal(a.at(x), b.at(x)), "x"))
            case dict(), dict() if a.keys() == b.keys():
                return conj(*(self.equal(a[name], b[name]) for name in a))
            case tuple(), tuple() if len(a) == len(b):
                return conj(*itertools.starmap(self.equal, zip(a, b, strict=True)))
        if kind_of(a) != kind_of(b) or kind_of(a) != "scalar":
            raise SortError(f"a {kind_of(a)} is compared with a {kind_of(b)}")
        return terms.equal(the_scalar(a), the_scalar(b))

    def either(self, condition: Boolean, yes: Value, no: Value) -> Value:
        """Returns `IF condition THEN yes ELSE no`."""
        if isinstance(condition, bool):
            return yes if condition else no
        match yes, no:
            case dict(), dict() if yes.keys() == no.keys():
                return {name: self.either(condition, yes[name], no[name]) for name in yes}
            case Function(), Function() if yes.domain is no.domain:
                return Function(yes.domain, lambda x: self.either(condition, yes.at(x), no.at(x)))
            case Set(), Set():
                return self._either_set(condition, yes, no)
            case tuple(), tuple() if len(yes) == len(no):
                pairs = zip(yes, no, strict=True)
                return tuple(self.either(condition, a, b) for a, b in pairs)
        if kind_of(yes) != kind_of(no) or kind_of(yes) != "scalar":
            raise SortError(f"IF gives a {kind_of(yes)} or another {kind_of(no)}")
        return terms.either(condition, the_scalar(yes), the_scalar(no))

    def _either_set(self, condition: Boolean, yes: Set, no: Set) -> Set:
        def has(x: Value) -> Boolean:
            return the_boolean(terms.either(condition, yes.has(x), no.has(x)))

        members: tuple[Element, ...] | None = None
        if yes.members is not None and no.members is not None:
            first = tuple((item, conj(condition, within)) for item, within in yes.members)
            second = tuple((item, conj(negate(condition), within)) for item, within in no.members)
            members = first + second
        return Set(has, yes.sort or no.sort, members)

    def all(self, domain: Set, body: Callable[[Value], Boolean], name: str) -> Boolean:
        r"""Returns `\A name \in domain : body`."""
        if domain.members is not None:
            parts = (
                True if within is False else implies(within, body(item))
                for item, within in domain.members
            )
            return _until(parts, ending=False, join=conj)
        x = self.variable_of(domain, name)
        return terms.for_all([x], implies(domain.has(x), body(x)))

    def any(self, domain: Set, body: Callable[[Value], Boolean], name: str) -> Boolean:
        r"""Returns `\E name \in domain : body`."""
        if domain.members is not None:
            parts = (
                False if within is False else conj(within, body(item))
                for item, within in domain.members
            )
            return _until(parts, ending=True, join=disj)
        x = self.variable_of(domain, name)
        return terms.exists([x], conj(domain.has(x), body(x)))

    def variable_of(self, domain: Set, name: str) -> Term:
        """Returns a variable for a quantifier over a set.

        Raises:
            SortError: the elements of the set are not scalars.
        """
        if domain.sort is None:
            raise SortError("a quantifier over a set whose elements are not scalars")
        return terms.bound(self.fresh(name), domain.sort)

    def is_within(self, a: Set, b: Set) -> Boolean:
        """Returns whether a set is a subset of another."""
        if a.sort is None and a.members is None:
            raise SortError("a comparison of sets whose elements are not scalars")
        return self.all(a, b.has, "x")


def _until(parts: Iterable[Boolean], *, ending: bool, join: Callable[..., Boolean]) -> Boolean:
    """Returns the parts joined; those behind one that decides are not looked at."""
    found: list[Boolean] = []
    for part in parts:
        if part is ending:
            return ending
        found.append(part)
    return join(*found)
