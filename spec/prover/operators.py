"""Functions, and the operators that stand between two values."""

from collections.abc import Callable
from typing import Final

from spec.prover import terms
from spec.prover.sets import Sets
from spec.prover.terms import Number, Scalar, SortError, Term, negate
from spec.prover.values import (
    Function,
    Set,
    Value,
    kind_of,
    the_number,
    the_scalar,
    the_set,
)


class Operators(Sets):
    """The operators of TLA+; one thread."""

    def tabled(self, domain: Set, table: dict[Scalar, Value]) -> Function:
        """Returns the function with these values, for a domain whose elements are known."""

        def at(x: Value) -> Value:
            argument = the_scalar(x)
            if not isinstance(argument, Term):
                if argument not in table:
                    return self._outside(argument, table)
                return table[argument]
            *others, last = table
            value = table[last]
            for item in reversed(others):
                value = self.either(terms.equal(argument, item), table[item], value)
            return value

        return Function(domain, at, table)

    def _outside(self, argument: Scalar, table: dict[Scalar, Value]) -> Value:
        """Returns an unknown, in an instance: an interval has members under conditions there.

        Raises:
            SortError: outside of an instance; or the values of the function are not scalars.
        """
        value = next(iter(table.values()), None)
        if self.numbers is None or value is None or kind_of(value) != "scalar":
            raise SortError(f"a function is applied to {argument!r}, outside of its domain")
        return terms.constant(self.fresh("outside"), terms.sort_of(value))

    def function(self, domain: Set, body: Callable[[Value], Value]) -> Function:
        r"""Returns `[x \in domain |-> body]`."""
        known = domain.known()
        if known is None:
            return Function(domain, body)
        return self.tabled(domain, {item: body(item) for item in known})

    def changed(self, of: Function, argument: Value, change: Callable[[Value], Value]) -> Function:
        """Returns `[of EXCEPT ![argument] = change(@)]`."""
        key = the_scalar(argument)
        new = change(of.at(key))
        if of.table is None:
            return Function(of.domain, lambda x: self.either(self.equal(x, key), new, of.at(x)))
        if not isinstance(key, Term):
            return self.tabled(of.domain, {**of.table, key: new})
        table = {
            item: self.either(terms.equal(item, key), new, old) for item, old in of.table.items()
        }
        return self.tabled(of.domain, table)

    def between(self, operator: str, left: Value, right: Value) -> Value:
        """Returns the value of an operator that stands between two values.

        Raises:
            SortError: the operator is not known, or does not know such values.
        """
        match operator:
            case "=":
                return self.equal(left, right)
            case "#":
                return negate(self.equal(left, right))
            case "\\in":
                return the_set(right).has(left)
            case "\\notin":
                return negate(the_set(right).has(left))
            case "\\subseteq":
                return self.is_within(the_set(left), the_set(right))
        if operator in _SETS:
            return _SETS[operator](self, the_set(left), the_set(right))
        if operator in _NUMBERS:
            return _NUMBERS[operator](the_number(left), the_number(right))
        if operator == "..":
            return self.interval(the_number(left), the_number(right))
        raise SortError(f"{operator} is not known")


_SETS: Final[dict[str, Callable[[Operators, Set, Set], Set]]] = {
    "\\cup": Operators.union,
    "\\cap": Operators.intersection,
    "\\": Operators.difference,
}
_NUMBERS: Final[dict[str, Callable[[Number, Number], Scalar]]] = {
    "<=": terms.at_most,
    "<": lambda a, b: negate(terms.at_most(b, a)),
    ">=": lambda a, b: terms.at_most(b, a),
    ">": lambda a, b: negate(terms.at_most(a, b)),
    "+": terms.plus,
    "-": terms.minus,
    "*": terms.times,
    "%": terms.modulo,
    "\\div": terms.divided,
}
