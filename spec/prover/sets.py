"""Sets, of which the elements are known or not."""

from collections.abc import Callable, Iterable

from spec.prover import terms
from spec.prover.quantifiers import Quantifiers
from spec.prover.terms import Boolean, Number, Scalar, Sort, SortError, Term, conj, disj, negate
from spec.prover.values import (
    Element,
    Image,
    Interval,
    Set,
    SetOfFunctions,
    SetOfSets,
    Value,
    kind_of,
    the_function,
    the_number,
    the_scalar,
    the_set,
)


class Sets(Quantifiers):
    """Makes sets; one thread."""

    def items(self, items: Iterable[Value]) -> Set:
        """Returns `{a, b, ...}`."""
        found = tuple(items)
        if any(kind_of(item) != "scalar" for item in found):
            return Set(lambda x: disj(*(self.equal(x, item) for item in found)), None)
        known = tuple(map(the_scalar, found))
        sorts = {terms.sort_of(item) for item in known}
        if len(sorts) > 1:
            raise SortError(f"a set of {' and '.join(sorted(sort.name.lower() for sort in sorts))}")
        members: tuple[Element, ...] = tuple((item, True) for item in dict.fromkeys(known))
        return Set(
            lambda x: disj(*(self.equal(x, item) for item in known)),
            next(iter(sorts), None),
            members,
        )

    def interval(self, low: Number, high: Number) -> Set:
        """Returns `low..high`."""

        def has(x: Value) -> Boolean:
            number = the_number(x)
            return conj(terms.at_most(low, number), terms.at_most(number, high))

        members: tuple[Element, ...] | None = None
        if isinstance(low, int) and isinstance(high, int):
            members = tuple((item, True) for item in range(low, high + 1))
        elif self.numbers is not None:
            members = tuple((item, has(item)) for item in self.numbers)
        return Interval(has, Sort.NUMBER, members, low, high)

    def filtered(self, of: Set, test: Callable[[Value], Boolean]) -> Set:
        r"""Returns `{x \in of : test(x)}`."""

        def has(x: Value) -> Boolean:
            within = of.has(x)
            return within if within is False else conj(within, test(x))

        members: tuple[Element, ...] | None = None
        if of.members is not None:
            pairs = ((item, conj(within, test(item))) for item, within in of.members)
            members = tuple(pair for pair in pairs if pair[1] is not False)
        return Set(has, of.sort, members)

    def union(self, a: Set, b: Set) -> Set:
        """Returns the union of two sets."""
        members: tuple[Element, ...] | None = None
        if a.members is not None and b.members is not None:
            members = _merged(a.members + b.members)
        return Set(lambda x: disj(a.has(x), b.has(x)), _common(a, b), members)

    def intersection(self, a: Set, b: Set) -> Set:
        """Returns what is in both sets."""
        _common(a, b)
        return self.filtered(a, b.has)

    def difference(self, a: Set, b: Set) -> Set:
        """Returns what is in the first set only."""
        _common(a, b)
        return self.filtered(a, lambda x: negate(b.has(x)))

    def image(self, source: Set, body: Callable[[Value], Value]) -> Set:
        r"""Returns `{body(x) : x \in source}`."""

        def has(x: Value) -> Boolean:
            return self.any(source, lambda y: self.equal(x, body(y)), "y")

        if source.members is not None:
            pairs = [(body(item), within) for item, within in source.members]
            if all(kind_of(item) == "scalar" for item, _ in pairs):
                members = _merged(tuple((the_scalar(item), within) for item, within in pairs))
                sort = terms.sort_of(members[0][0]) if members else None
                return Set(has, sort, members)
        return Image(has, None, source=source, body=body)

    def united(self, sets: Set) -> Set:
        r"""Returns `UNION {body(x) : x \in source}`.

        Raises:
            SortError: the set of sets is given in another form.
        """
        if not isinstance(sets, Image) or sets.source is None or sets.body is None:
            raise SortError(r"UNION is known of a set {e : x \in S} of sets only")
        source, body = sets.source, sets.body
        if source.members is None:
            x = self.variable_of(source, "x")
            sort = the_set(body(x)).sort
            return Set(lambda y: self.any(source, lambda x: the_set(body(x)).has(y), "x"), sort)
        union = self.items(())
        for item, within in source.members:
            union = self.union(union, self._if(within, the_set(body(item))))
        return union

    def _if(self, condition: Boolean, of: Set) -> Set:
        """Returns the set, or the empty set."""
        return self.filtered(of, lambda _: condition)

    def numbers_from(self, low: int | None) -> Set:
        """Returns the set of all integers, or of those from a number on."""

        def has(x: Value) -> Boolean:
            number = the_number(x)
            return True if low is None else terms.at_most(low, number)

        if self.numbers is None:
            return Set(has, Sort.NUMBER)
        return Set(has, Sort.NUMBER, tuple((item, has(item)) for item in self.numbers))

    def subsets(self, base: Set) -> Set:
        """Returns `SUBSET base`."""
        return SetOfSets(lambda x: self.is_within(the_set(x), base), None, base=base)

    def functions(self, domain: Set, to: Set) -> Set:
        """Returns `[domain -> to]`."""

        def has(value: Value) -> Boolean:
            function = the_function(value)
            same = True if function.domain is domain else self.equal(function.domain, domain)
            return conj(same, self.all(domain, lambda x: to.has(function.at(x)), "x"))

        return SetOfFunctions(has, None, domain=domain, range=to)

    def cardinality(self, of: Set) -> int:
        """Returns how many elements a set has, whose elements are known.

        Raises:
            SortError: they are not.
        """
        known = of.known()
        if known is None or any(isinstance(item, Term) for item in known):
            raise SortError("Cardinality is known in `Cardinality(S) <= 1` only")
        return len(set(known))

    def has_at_most(self, of: Set, number: Value) -> Boolean:
        """Returns `Cardinality(of) <= number`, for the number 1, or a set whose elements are known.

        Raises:
            SortError: neither is the case.
        """
        known = of.known()
        if known is not None and not any(isinstance(item, Term) for item in known):
            return terms.at_most(len(set(known)), the_number(number))
        if number != 1:
            raise SortError("Cardinality is known in `Cardinality(S) <= 1` only")
        return self.all(of, lambda x: self.all(of, lambda y: self.equal(x, y), "y"), "x")


def _common(a: Set, b: Set) -> Sort | None:
    if a.sort is not None and b.sort is not None and a.sort != b.sort:
        raise SortError(f"a set of {a.sort.name.lower()} meets one of {b.sort.name.lower()}")
    return a.sort or b.sort


def _merged(members: tuple[Element, ...]) -> tuple[Element, ...]:
    """Returns the members, each once."""
    found: dict[Scalar, Boolean] = {}
    for item, within in members:
        found[item] = disj(found.get(item, False), within)
    return tuple(found.items())
