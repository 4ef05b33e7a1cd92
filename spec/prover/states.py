"""The variables of a module: their first values, and any state at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from spec.prover import syntax, terms
from spec.prover.constants import conjuncts
from spec.prover.context import Context
from spec.prover.errors import ModuleError
from spec.prover.evaluator import Evaluator
from spec.prover.operators import Operators
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, Scalar, Sort, SortError, Term, conj, disj
from spec.prover.values import Element, Function, Set, Value, the_boolean, the_scalar

#: The sort of the elements of a set that is empty at first.
_USUAL: Final = Sort.ATOM


def initial(evaluator: Evaluator, context: Context) -> dict[str, Value]:
    """Returns the values that `Init` gives to the variables.

    Raises:
        ModuleError: `Init` is not a conjunction of `x = e`, or gives a variable no value.
    """
    values: dict[str, Value] = {}
    module = context.scope.module
    start = Context(context.scope, values)

    def add(node: Node) -> None:
        for part in conjuncts([node]):
            match part:
                case syntax.Binary("=", syntax.Name(name, ()), value) if (
                    name in module.variables and name not in values
                ):
                    values[name] = evaluator.value(value, start)
                case syntax.Name(name, ()):
                    add(module.required(name).body)
                case _:
                    raise ModuleError(part.place, "Init is known as a conjunction of x = e only")

    init = module.required("Init")
    add(init.body)
    missing = [name for name in module.variables if name not in values]
    if missing:
        raise ModuleError(init.place, f"Init gives {', '.join(missing)} no value")
    return values


@dataclass
class Unknowns:
    """Makes values of which nothing is known but their shape; one thread.

    Attributes:
        operators: for functions of an instance.
        elements: in an instance, what an element of a set of atoms can be. None: anything.
        known: in an instance, the values that unknowns have in one state.
        made: the unknowns of an instance, by name.
    """

    operators: Operators
    elements: tuple[str, ...] | None = None
    known: Mapping[str, Scalar] = field(default_factory=dict)
    made: dict[str, Term] = field(default_factory=dict)

    def like(self, name: str, value: Value, given: tuple[Scalar, ...] = ()) -> Value:
        """Returns an unknown of the shape of a value.

        Args:
            name: of the unknown.
            value: has the shape.
            given: the arguments of the function that the unknown is a value of.

        Raises:
            SortError: nothing is known of such values.
        """
        match value:
            case dict():
                return {
                    each: self.like(f"{name}.{each}", part, given) for each, part in value.items()
                }
            case Function(domain):
                return self._function(name, value, domain, given)
            case Set():
                return self._set(name, value.sort or _USUAL, given)
            case tuple():
                raise SortError(f"{name} is a tuple, which a variable cannot be here")
        sort = terms.sort_of(value)
        return (
            self._new(name, sort) if self.elements is not None else terms.applied(name, given, sort)
        )

    def _new(self, name: str, sort: Sort) -> Scalar:
        self.made[name] = terms.constant(name, sort)
        return self.known.get(name, self.made[name])

    def _function(
        self, name: str, value: Function, domain: Set, given: tuple[Scalar, ...]
    ) -> Function:
        known = domain.known()
        if known is not None and self.elements is not None:
            table = {item: self.like(f"{name}[{item}]", value.at(item)) for item in known}
            return self.operators.tabled(domain, table)
        if domain.sort is None:
            raise SortError(f"{name} is a function of something that has no sort")
        sample = value.at(terms.constant(self.operators.fresh("any"), domain.sort))
        return Function(domain, lambda x: self.like(name, sample, (*given, the_scalar(x))))

    def _set(self, name: str, sort: Sort, given: tuple[Scalar, ...]) -> Set:
        if self.elements is None:
            return Set(lambda x: terms.applied(name, (*given, the_scalar(x)), Sort.BOOLEAN), sort)
        items: Iterable[Scalar] = (
            self.elements if sort == Sort.ATOM else self.operators.numbers or ()
        )
        members: tuple[Element, ...] = tuple(
            (item, the_boolean(self._new(f"{item} in {name}", Sort.BOOLEAN))) for item in items
        )

        def has(x: Value) -> Boolean:
            return disj(
                *(conj(terms.equal(the_scalar(x), item), within) for item, within in members)
            )

        return Set(has, sort, members)
