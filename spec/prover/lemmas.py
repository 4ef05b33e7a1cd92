r"""What the protocol needs to know of `Index` and `Parity`, for every size of the ring.

`Index(s) == s % Size` and `Parity(s) == (s \div Size) % 2` multiply and divide unknowns, with which
a solver gets nowhere. So the obligations speak of an `Index` and a `Parity` of which nothing is
known but these lemmas. The lemmas are proven of the definitions that the module has.
"""

from collections.abc import Callable, Iterator
from typing import Final

from spec.prover import terms
from spec.prover.context import Operator
from spec.prover.terms import (
    Boolean,
    Number,
    Sort,
    Term,
    at_most,
    conj,
    disj,
    equal,
    implies,
    minus,
    negate,
    plus,
    times,
)
from spec.prover.values import the_number, the_scalar

type Of = Callable[[Number], Number]

SIZE: Final = "Size"
#: The definitions that are not looked into.
OPAQUE: Final = ("Index", "Parity")


def opaque(name: str) -> Operator:
    """Returns a function of numbers of which nothing is known."""
    return lambda x: terms.applied(name, (the_scalar(x),), Sort.NUMBER)


def lemmas(
    index: Of, parity: Of | None, size: Number, s: Term, t: Term
) -> Iterator[tuple[str, Boolean, tuple[Number, ...]]]:
    """Yields each lemma about two numbers: its name, what it says, and what it is about.

    Args:
        index: of an event's slot.
        parity: of an event's lap; None if the module has no flags.
        size: of the ring.
        s: a number.
        t: another number.
    """
    slot = index(s)
    yield "a slot is in the ring", conj(at_most(0, slot), negate(at_most(size, slot))), (slot,)
    both = (slot, index(t))
    apart = conj(negate(at_most(t, s)), negate(at_most(plus(s, size), t)))
    differ = negate(equal(*both))
    yield "less than a ring apart, slots differ", implies(apart, differ), both
    later = equal(t, plus(s, size))
    if parity is None:
        yield "a ring later comes the same slot", implies(later, equal(*both)), both
        return
    lap = parity(s)
    changed = conj(equal(*both), negate(equal(lap, parity(t))))
    yield "a ring later comes the same slot in another lap", implies(later, changed), both
    yield "there are two parities", disj(equal(lap, 0), equal(lap, 1)), (lap,)
    before = conj(at_most(minus(0, size), s), negate(at_most(0, s)))
    yield "before the first lap the parity is 1", implies(before, equal(lap, 1)), (lap,)


def facts(index: Of, parity: Of | None, size: Number) -> Iterator[Boolean]:
    """Yields the lemmas for all numbers. A solver uses one where it sees what it is about."""
    s, t = terms.bound("s", Sort.NUMBER), terms.bound("t", Sort.NUMBER)
    for _, lemma, about in lemmas(index, parity, size, s, t):
        variables = [s] if len(about) == 1 else [s, t]
        yield terms.for_all(variables, lemma, [tuple(map(terms.term_of, about))])


def a_ring_before(index: Of, parity: Of | None, size: Number, event: Term) -> Boolean:
    """Returns what the lemmas say of an event and the one a ring before it."""
    before = minus(event, size)
    same = equal(index(event), index(before))
    return same if parity is None else conj(same, negate(equal(parity(event), parity(before))))


def divisions(size: Number, *numbers: Term) -> Iterator[Boolean]:
    """Yields what division means, for a size of at least 1."""
    for number in numbers:
        rest = terms.modulo(number, size)
        whole = plus(times(size, terms.divided(number, size)), rest)
        yield conj(equal(number, whole), at_most(0, rest), negate(at_most(size, rest)))


def products(size: Number, a: Number, b: Number) -> Iterator[Boolean]:
    """Yields what is needed of products of the size, and two laps a and b, or their difference."""
    difference = minus(a, b)
    for least in (1, 2):
        many = times(least, size)
        yield implies(at_most(least, difference), at_most(many, times(size, difference)))
        yield implies(at_most(difference, -least), at_most(times(size, difference), minus(0, many)))
    yield equal(times(size, difference), minus(times(size, a), times(size, b)))
    yield implies(at_most(0, a), at_most(0, times(size, a)))
    yield implies(at_most(a, -2), at_most(times(size, a), times(-2, size)))


def as_function(operator: Operator) -> Of:
    """Returns an operator of the module as a function of numbers."""
    return lambda x: the_number(operator(x))
