"""What an expression can be, besides a scalar: a set, a function, a record or a tuple."""

from collections.abc import Callable
from dataclasses import dataclass

from spec.prover.terms import Boolean, Number, Scalar, Sort, SortError

type Value = Scalar | Set | Function | Record | tuple[Value, ...]
type Record = dict[str, Value]
#: An element of a set, and the condition under which it is one.
type Element = tuple[Scalar, Boolean]


@dataclass(frozen=True, eq=False)
class Set:
    """A set.

    Attributes:
        has: whether a value is an element.
        sort: of the elements; None if it is empty, or if they are not scalars.
        members: all that can be elements, each with its condition; None if they are not known one
            by one.
    """

    has: Callable[[Value], Boolean]
    sort: Sort | None
    members: tuple[Element, ...] | None = None

    def known(self) -> tuple[Scalar, ...] | None:
        """Returns the elements, if it is known which they are."""
        if self.members is None or any(condition is not True for _, condition in self.members):
            return None
        return tuple(item for item, _ in self.members)


@dataclass(frozen=True, eq=False)
class Interval(Set):
    """`low..high`."""

    low: Number = 0
    high: Number = 0


@dataclass(frozen=True, eq=False)
class Image(Set):
    r"""`{body(x) : x \in source}`: of a set of sets, UNION needs to know more than a set does."""

    source: Set | None = None
    body: Callable[[Value], Value] | None = None


@dataclass(frozen=True, eq=False)
class SetOfSets(Set):
    """`SUBSET base`."""

    base: Set | None = None


@dataclass(frozen=True, eq=False)
class SetOfFunctions(Set):
    """`[domain -> range]`."""

    domain: Set | None = None
    range: Set | None = None


@dataclass(frozen=True, eq=False)
class Function:
    """A function.

    Attributes:
        domain: the set of its arguments.
        at: its value at an argument.
        table: all its values, if the elements of its domain are known.
    """

    domain: Set
    at: Callable[[Value], Value]
    table: dict[Scalar, Value] | None = None


def the_set(value: Value) -> Set:
    """Returns a value that has to be a set.

    Raises:
        SortError: it is not.
    """
    if not isinstance(value, Set):
        raise SortError(f"a {kind_of(value)} stands where a set is expected")
    return value


def the_function(value: Value) -> Function:
    """Returns a value that has to be a function.

    Raises:
        SortError: it is not.
    """
    if not isinstance(value, Function):
        raise SortError(f"a {kind_of(value)} stands where a function is expected")
    return value


def the_record(value: Value) -> Record:
    """Returns a value that has to be a record.

    Raises:
        SortError: it is not.
    """
    if not isinstance(value, dict):
        raise SortError(f"a {kind_of(value)} stands where a record is expected")
    return value


def the_scalar(value: Value) -> Scalar:
    """Returns a value that has to be a number, a string, a boolean or a term.

    Raises:
        SortError: it is not.
    """
    if isinstance(value, Set | Function | dict | tuple):
        raise SortError(f"a {kind_of(value)} stands where a scalar is expected")
    return value


def the_boolean(value: Value) -> Boolean:
    """Returns a value that has to be a boolean.

    Raises:
        SortError: it is not.
    """
    scalar = the_scalar(value)
    if isinstance(scalar, int | str) and not isinstance(scalar, bool):
        raise SortError(f"{scalar!r} stands where a boolean is expected")
    return scalar


def kind_of(value: Value) -> str:
    """Returns what a value is, in a word."""
    match value:
        case Set():
            return "set"
        case Function():
            return "function"
        case dict():
            return "record"
        case tuple():
            return "tuple"
    return "scalar"


def the_number(value: Value) -> Number:
    """Returns a value that has to be a number.

    Raises:
        SortError: it is not.
    """
    scalar = the_scalar(value)
    if isinstance(scalar, bool | str):
        raise SortError(f"{scalar!r} stands where a number is expected")
    return scalar
