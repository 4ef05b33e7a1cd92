"""Formulas with unknowns, which a solver is asked about.

A value is known, as a Python number, string or boolean, or it is a `Term`. Each function here
returns a known value where it can: so the same evaluator runs a model with numbers, and says with
terms what a step does to any state. Strings, and the things that threads are, are *atoms*: of those
only equality is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Sort(StrEnum):
    """What a scalar is. The values are names in SMT-LIB."""

    BOOLEAN = "Bool"
    NUMBER = "Int"
    ATOM = "Atom"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A formula. There is one object for each formula, so `is` compares them.

    Attributes:
        operator: "literal", "constant", "bound", "apply", "forall", "exists", or an operator of
            SMT-LIB.
        arguments: what it is applied to; of a quantifier, its variable and its body.
        sort: what it is.
        symbol: the value of a literal, or the name of what is constant, bound or applied.
        patterns: of a quantifier: terms at whose sight a solver makes use of it.
    """

    operator: str
    arguments: tuple["Term", ...]
    sort: Sort
    symbol: bool | int | str = ""
    patterns: tuple[tuple["Term", ...], ...] = ()


type Scalar = bool | int | str | Term
type Boolean = bool | Term
type Number = int | Term

_ALL: Final[dict[tuple[object, ...], Term]] = {}


class SortError(TypeError):
    """An operator is applied to something of another sort. The message says which."""


def _make(
    operator: str,
    arguments: tuple[Term, ...],
    sort: Sort,
    symbol: bool | int | str = "",
    patterns: tuple[tuple[Term, ...], ...] = (),
) -> Term:
    key = (operator, arguments, sort, type(symbol), symbol, patterns)
    found = _ALL.get(key)
    return found or _ALL.setdefault(key, Term(operator, arguments, sort, symbol, patterns))


def sort_of(value: object) -> Sort:
    """Returns the sort of a scalar.

    Raises:
        SortError: the value is a set, a function, a record or a tuple.
    """
    match value:
        case Term():
            return value.sort
        case bool():
            return Sort.BOOLEAN
        case int():
            return Sort.NUMBER
        case str():
            return Sort.ATOM
    raise SortError(f"a {type(value).__name__.lower()} stands where a scalar is expected")


def term_of(value: Scalar) -> Term:
    """Returns a scalar as a term."""
    return value if isinstance(value, Term) else _make("literal", (), sort_of(value), value)


def constant(name: str, sort: Sort) -> Term:
    """Returns an unknown."""
    return _make("constant", (), sort, name)


def bound(name: str, sort: Sort) -> Term:
    """Returns a variable for a quantifier."""
    return _make("bound", (), sort, name)


def applied(name: str, arguments: Iterable[Scalar], sort: Sort) -> Term:
    """Returns the application of an unknown function; without arguments, an unknown."""
    terms = tuple(map(term_of, arguments))
    return _make("apply", terms, sort, name) if terms else constant(name, sort)


# Booleans


def conj(*parts: Boolean) -> Boolean:
    """Returns whether all parts hold."""
    return _junction("and", parts, neutral=True)


def disj(*parts: Boolean) -> Boolean:
    """Returns whether a part holds."""
    return _junction("or", parts, neutral=False)


def _junction(operator: str, parts: Iterable[Boolean], *, neutral: bool) -> Boolean:
    kept: dict[Term, None] = {}
    for part in parts:
        if part is neutral:
            continue
        if isinstance(part, bool):
            return not neutral
        nested = part.arguments if part.operator == operator else (_boolean(part),)
        kept.update(dict.fromkeys(nested))
    if not kept:
        return neutral
    first, *rest = kept
    return _make(operator, tuple(kept), Sort.BOOLEAN) if rest else first


def _boolean(part: Scalar) -> Term:
    if sort_of(part) != Sort.BOOLEAN:
        raise SortError("something that is not a boolean stands in a formula")
    return term_of(part)


def negate(part: Boolean) -> Boolean:
    """Returns whether the part does not hold."""
    if isinstance(part, bool):
        return not part
    if part.operator == "not":
        return part.arguments[0]
    return _make("not", (_boolean(part),), Sort.BOOLEAN)


def implies(premise: Boolean, conclusion: Boolean) -> Boolean:
    """Returns whether the conclusion holds, or the premise does not."""
    if premise is True or conclusion is True or premise is False:
        return conclusion if premise is True else True
    if conclusion is False:
        return negate(premise)
    return _make("=>", (_boolean(premise), _boolean(conclusion)), Sort.BOOLEAN)


def equal(a: Scalar, b: Scalar) -> Boolean:
    """Returns whether two scalars are the same.

    Raises:
        SortError: they are of different sorts.
    """
    if sort_of(a) != sort_of(b):
        raise SortError(f"{sort_of(a).name.lower()} = {sort_of(b).name.lower()}")
    if a is b:
        return True
    for known, other in ((a, b), (b, a)):
        if isinstance(known, bool) and isinstance(other, bool | Term):
            return other if known else negate(other)
    if not isinstance(a, Term) and not isinstance(b, Term):
        return a == b
    return _make("=", (term_of(a), term_of(b)), Sort.BOOLEAN)


def either(condition: Boolean, yes: Scalar, no: Scalar) -> Scalar:
    """Returns `yes` if the condition holds, else `no`.

    Raises:
        SortError: they are of different sorts.
    """
    if isinstance(condition, bool):
        return yes if condition else no
    if sort_of(yes) != sort_of(no):
        raise SortError(f"IF gives {sort_of(yes).name.lower()} or {sort_of(no).name.lower()}")
    if term_of(yes) is term_of(no):
        return yes
    if yes is True and no is False:
        return condition
    if yes is False and no is True:
        return negate(condition)
    return _make("ite", (condition, term_of(yes), term_of(no)), sort_of(yes))


def for_all(
    variables: Iterable[Term], body: Boolean, patterns: Iterable[tuple[Term, ...]] = ()
) -> Boolean:
    """Returns whether the body holds for all values of the variables."""
    return _quantifier("forall", tuple(variables), body, tuple(patterns))


def exists(variables: Iterable[Term], body: Boolean) -> Boolean:
    """Returns whether the body holds for some values of the variables."""
    return _quantifier("exists", tuple(variables), body, ())


def _quantifier(
    operator: str,
    variables: tuple[Term, ...],
    body: Boolean,
    patterns: tuple[tuple[Term, ...], ...],
) -> Boolean:
    if isinstance(body, bool) or not variables:
        return body
    if body.operator == operator and not patterns and not body.patterns:
        variables, body = (*variables, *body.arguments[:-1]), body.arguments[-1]
    return _make(operator, (*variables, _boolean(body)), Sort.BOOLEAN, patterns=patterns)


def substituted(term: Term, given: Mapping[Term, Term]) -> Boolean:
    """Returns a formula with other terms in the place of some that are bound or constant."""
    done: dict[Term, Term] = dict(given)

    def replaced(old: Term) -> Term:
        if old not in done:
            done[old] = old
            if old.arguments:
                patterns = tuple(tuple(map(replaced, pattern)) for pattern in old.patterns)
                parts = tuple(map(replaced, old.arguments))
                done[old] = _make(old.operator, parts, old.sort, old.symbol, patterns)
        return done[old]

    return replaced(term)


# Numbers


def _numbers(*parts: Scalar) -> tuple[Term, ...]:
    for part in parts:
        if sort_of(part) != Sort.NUMBER:
            raise SortError(f"arithmetic with {sort_of(part).name.lower()}")
    return tuple(map(term_of, parts))


def at_most(a: Number, b: Number) -> Boolean:
    """Returns whether `a <= b`."""
    if type(a) is int and type(b) is int:
        return a <= b
    return _make("<=", _numbers(a, b), Sort.BOOLEAN)


def plus(a: Number, b: Number) -> Number:
    """Returns the sum."""
    if type(a) is int and type(b) is int:
        return a + b
    terms = _numbers(a, b)
    if type(a) is int and a == 0:
        return b
    return a if type(b) is int and b == 0 else _make("+", terms, Sort.NUMBER)


def minus(a: Number, b: Number) -> Number:
    """Returns the difference."""
    if type(a) is int and type(b) is int:
        return a - b
    terms = _numbers(a, b)
    return a if type(b) is int and b == 0 else _make("-", terms, Sort.NUMBER)


def times(a: Number, b: Number) -> Number:
    """Returns the product."""
    if type(a) is int and type(b) is int:
        return a * b
    return _make("*", _numbers(a, b), Sort.NUMBER)


def divided(a: Number, b: Number) -> Number:
    r"""Returns `a \div b`, for a divisor above 0: rounded down."""
    if type(a) is int and type(b) is int:
        _must_be_positive(b)
        return a // b
    return _make("div", _numbers(a, b), Sort.NUMBER)


def modulo(a: Number, b: Number) -> Number:
    """Returns `a % b`, for a divisor above 0: from 0 up to `b - 1`."""
    if type(a) is int and type(b) is int:
        _must_be_positive(b)
        return a % b
    return _make("mod", _numbers(a, b), Sort.NUMBER)


def _must_be_positive(divisor: int) -> None:
    if divisor <= 0:
        raise SortError(f"a division by {divisor}; TLA+ defines it for positive divisors")
