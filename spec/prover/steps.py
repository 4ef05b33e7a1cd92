r"""`Steps`: each way through an action.

A way is a list of conditions, and a new value for every variable as an expression over the old
ones. So nothing is left to say about what does not change. An action is a conjunction of such
parts: a condition about the old state; `x' = e` or `x' \in S`; UNCHANGED; and disjunctions, IF,
\E, LET or definitions of such parts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from spec.prover import syntax, terms
from spec.prover.context import Context
from spec.prover.errors import ModuleError
from spec.prover.evaluator import Evaluator
from spec.prover.levels import Level
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, Scalar, SortError, negate
from spec.prover.values import Set, Value, the_set


@dataclass(frozen=True)
class Way:
    """A way through an action.

    Attributes:
        conditions: what must hold before the step.
        after: the values of the variables after it.
        branches: the branches of IF, and the parts of disjunctions, that the way takes.
    """

    conditions: tuple[Boolean, ...]
    after: Mapping[str, Value]
    branches: tuple[str, ...] = ()

    def under(self, condition: Boolean) -> "Way":
        """Returns the same way with one more condition."""
        if condition is True:
            return self
        return replace(self, conditions=(*self.conditions, condition))

    def giving(self, values: Mapping[str, Value]) -> "Way":
        """Returns the same way with values for more variables."""
        return replace(self, after={**self.after, **values})

    def taking(self, branch: str) -> "Way":
        """Returns the same way with one more branch."""
        return replace(self, branches=(*self.branches, branch))


@dataclass(frozen=True)
class Action:
    """A named part of a next-state relation.

    Attributes:
        label: its name.
        arguments: what it is applied to.
        body: what it says.
        context: what the names in it mean.
        conditions: on its arguments, which are elements of sets.
    """

    label: str
    arguments: tuple[Value, ...]
    body: Node
    context: Context
    conditions: tuple[Boolean, ...]

    def named(self, way: Way) -> str:
        """Returns the name of the action, with the branches of a way through it."""
        return " ".join([self.label, *way.branches])


class Steps:
    """The steps of a module from a state; one thread.

    Args:
        evaluator: what expressions mean.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator: Final = evaluator

    def actions(self, context: Context) -> Iterator[Action]:
        r"""Yields the named actions of which `Next` is a choice.

        A definition that is a disjunction, or begins with \E over a set that never changes, is
        taken apart; any other one is an action. TLC does the same.
        """
        following = context.scope.module.required("Next")
        yield from self._actions("Next", following.body, context, (), ())

    def _actions(
        self,
        label: str,
        node: Node,
        context: Context,
        arguments: tuple[Value, ...],
        conditions: tuple[Boolean, ...],
    ) -> Iterator[Action]:
        match node:
            case syntax.Junction("\\/", parts):
                for part in parts:
                    yield from self._actions(label, part, context, arguments, conditions)
            case syntax.Quantified("\\E", name, domain, body) if self._is_constant(domain, context):
                for item, within in self._items(name, domain, context):
                    inner = context.with_value(name, item)
                    holds = conditions if within is True else (*conditions, within)
                    yield from self._actions(label, body, inner, arguments, holds)
            case syntax.Name(name, given) if self._is_defined(node, context):
                definition = context.scope.module.required(name)
                values = tuple(self._evaluator.value(each, context) for each in given)
                inner = self._evaluator.entered(definition, node, context)
                if self._is_choice(definition.body, inner):
                    yield from self._actions(name, definition.body, inner, (), conditions)
                else:
                    yield Action(name, values, definition.body, inner, conditions)
            case _:
                yield Action(label, arguments, node, context, conditions)

    def ways(self, action: Action) -> Iterator[Way]:
        """Yields each way through an action that is not known to be impossible.

        Raises:
            ModuleError: a variable has no value on a way.
        """
        context = replace(action.context, after={})
        for way in self._ways(action.body, context, Way(action.conditions, {})):
            missing = [name for name in context.scope.module.variables if name not in way.after]
            if missing:
                says = f"a way through {action.label} gives {', '.join(missing)} no value"
                raise ModuleError(action.body.place, says)
            yield way

    def _ways(self, node: Node, context: Context, way: Way) -> Iterator[Way]:
        match node:
            case syntax.Junction("/\\", parts):
                yield from self._all(parts, context, way)
            case _ if self._is_condition(node, context):
                yield from self._if(self._condition(node, context, way), way)
            case syntax.Junction("\\/", parts):
                for number, part in enumerate(parts, 1):
                    yield from self._ways(part, context, way.taking(str(number)))
            case syntax.Conditional(condition, yes, no):
                test = self._condition(condition, context, way)
                for name, holds, branch in (("then", test, yes), ("else", negate(test), no)):
                    for inner in self._if(holds, way.taking(name)):
                        yield from self._ways(branch, context, inner)
            case syntax.Let(_, body):
                yield from self._ways(
                    body, self._evaluator.after_let(node, _during(context, way)), way
                )
            case syntax.Quantified("\\E", name, domain, body):
                for item, within in self._items(name, domain, _during(context, way)):
                    for inner in self._if(within, way):
                        yield from self._ways(body, context.with_value(name, item), inner)
            case syntax.Name(name, _) if self._is_defined(node, context):
                definition = context.scope.module.required(name)
                inside = self._evaluator.entered(definition, node, _during(context, way))
                yield from self._ways(definition.body, inside, way)
            case syntax.Binary("=" | "\\in", syntax.Primed(syntax.Name(name, ())), _) if (
                name in context.scope.module.variables and name not in way.after
            ):
                yield from self._given(node, name, context, way)
            case syntax.Unary("UNCHANGED", operand):
                yield from self._unchanged(operand, context, way)
            case _:  # a condition with primed variables, which have their values already
                yield from self._if(self._condition(node, context, way), way)

    def _all(self, parts: tuple[Node, ...], context: Context, way: Way) -> Iterator[Way]:
        if not parts:
            yield way
            return
        for inner in self._ways(parts[0], context, way):
            yield from self._all(parts[1:], context, inner)

    def _given(self, node: syntax.Binary, name: str, context: Context, way: Way) -> Iterator[Way]:
        r"""Yields the way with the value that `x' = e` gives, or each that `x' \in S` gives."""
        if node.operator == "=":
            yield way.giving({name: self._evaluator.value(node.right, _during(context, way))})
            return
        for item, within in self._items(name, node.right, _during(context, way)):
            for inner in self._if(within, way):
                yield inner.giving({name: item})

    def _unchanged(self, operand: Node, context: Context, way: Way) -> Iterator[Way]:
        names = self._variables(operand, context)
        again = [name for name in names if name in way.after]
        same = way.giving({name: context.state[name] for name in names if name not in again})
        operators = self._evaluator.operators
        for name in again:
            same = same.under(operators.equal(context.state[name], way.after[name]))
        if False not in same.conditions:
            yield same

    def _variables(self, node: Node, context: Context) -> list[str]:
        """Returns the variables that an expression after UNCHANGED names."""
        match node:
            case syntax.Sequence(items):
                return [name for item in items for name in self._variables(item, context)]
            case syntax.Name(name, ()) if name in context.scope.module.variables:
                return [name]
            case syntax.Name(name, ()):
                return self._variables(context.scope.module.required(name).body, context)
        raise ModuleError(node.place, "UNCHANGED is known of variables and tuples of them")

    # Parts

    def _is_condition(self, node: Node, context: Context) -> bool:
        return context.scope.levels.of(node) < Level.STEP

    def _is_constant(self, node: Node, context: Context) -> bool:
        return context.scope.levels.of(node) == Level.CONSTANT

    def _is_choice(self, node: Node, context: Context) -> bool:
        match node:
            case syntax.Junction("\\/", _):
                return True
            case syntax.Quantified("\\E", _, domain, _):
                return self._is_constant(domain, context)
        return False

    def _is_defined(self, node: syntax.Name, context: Context) -> bool:
        name = node.name
        return name not in context.bound and context.scope.module.definition(name) is not None

    def _condition(self, node: Node, context: Context, way: Way) -> Boolean:
        return self._evaluator.holds(node, _during(context, way))

    def _if(self, condition: Boolean, way: Way) -> Iterator[Way]:
        if condition is not False:
            yield way.under(condition)

    def _items(self, name: str, domain: Node, context: Context) -> Iterator[tuple[Scalar, Boolean]]:
        """Yields what an element of a set can be: each, or an unknown one, with its condition."""
        found: Set = the_set(self._evaluator.value(domain, context))
        if found.members is not None:
            yield from (each for each in found.members if each[1] is not False)
            return
        if found.sort is None:
            raise ModuleError(domain.place, "a set whose elements are not scalars")
        item = terms.constant(self._evaluator.operators.fresh(name), found.sort)
        try:
            within = found.has(item)
        except SortError as error:
            raise ModuleError(domain.place, str(error)) from error
        if within is not False:
            yield item, within


def _during(context: Context, way: Way) -> Context:
    """Returns the context with the values that the way has given so far."""
    return replace(context, after=way.after)
