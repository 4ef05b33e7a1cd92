r"""`Evaluator`: what an expression means in a state, or in a step.

With known values it gives known values, and so runs a model; with terms it gives terms. Whatever it
does not know is an error with file and line.

A function that is applied outside of its domain is an error if the domain is known. Otherwise it
has a value of which nothing is known.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from spec.prover import choice, syntax, terms
from spec.prover.containers import Containers
from spec.prover.context import Bound, Context, Operator
from spec.prover.errors import ModuleError
from spec.prover.names import Names
from spec.prover.operators import Operators
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, SortError, conj, disj, implies, negate
from spec.prover.values import (
    Value,
    the_boolean,
    the_function,
    the_number,
    the_set,
)


class Evaluator(Names, Containers):
    """Evaluates every expression that the prover knows; one thread.

    Args:
        operators: what the operators of TLA+ mean.
    """

    def __init__(self, operators: Operators) -> None:
        super().__init__(operators)
        self._of: Final[dict[type[Node], Callable[..., Value]]] = {
            syntax.Literal: lambda node, context: node.value,
            syntax.Name: self._name,
            syntax.Instanced: self._instanced,
            syntax.Primed: self._primed,
            syntax.Unary: self._unary,
            syntax.Binary: self._binary,
            syntax.Junction: self._junction,
            syntax.Quantified: self._quantified,
            syntax.Conditional: self._conditional,
            syntax.Case: self._case,
            syntax.Let: self._let,
            syntax.SetOfItems: self._items,
            syntax.Filter: self._filter,
            syntax.Image: self._image,
            syntax.Sequence: self._sequence,
            syntax.RecordOf: self._record,
            syntax.FunctionOf: self._function,
            syntax.FunctionsFromTo: self._functions,
            syntax.Application: self._application,
            syntax.Field: self._field,
            syntax.Except: self._except,
        }

    def value(self, node: Node, context: Context) -> Value:  # noqa: D102 - see Expressions
        evaluate = self._of.get(type(node))
        if evaluate is None:
            raise ModuleError(node.place, f"{type(node).__name__} is not an expression")
        try:
            return evaluate(node, context)
        except SortError as error:
            raise ModuleError(node.place, str(error)) from error

    def named(self, name: str, context: Context) -> Boolean:
        """Returns whether a definition without parameters holds.

        Raises:
            ModuleError: as `value`; or there is no such definition.
        """
        return self.holds(context.scope.module.required(name).body, context.inside({}))

    def _primed(self, node: syntax.Primed, context: Context) -> Value:
        if context.after is None:
            raise ModuleError(node.place, "a prime where there is no step")
        inner = replace(context, state=context.after, after=None, is_primed=True)
        return self.value(node.body, inner)

    # Formulas

    def _unary(self, node: syntax.Unary, context: Context) -> Value:
        if node.operator == "UNCHANGED":
            before = self.value(node.operand, context)
            after = self._primed(syntax.Primed(node.operand, place=node.place), context)
            return self.operators.equal(before, after)
        operand = self.value(node.operand, context)
        match node.operator:
            case "~":
                return negate(the_boolean(operand))
            case "-":
                return terms.minus(0, the_number(operand))
            case "SUBSET":
                return self.operators.subsets(the_set(operand))
            case "UNION":
                return self.operators.united(the_set(operand))
            case "DOMAIN":
                return the_function(operand).domain
        raise ModuleError(node.place, f"{node.operator} is not known")

    def _binary(self, node: syntax.Binary, context: Context) -> Value:
        match node:
            case syntax.Binary("=>", left, right):
                premise = self.holds(left, context)
                return True if premise is False else implies(premise, self.holds(right, context))
            case syntax.Binary("<=>", left, right):
                return terms.equal(self.holds(left, context), self.holds(right, context))
            case syntax.Binary("<=", syntax.Name("Cardinality", (of,)), right):
                members = the_set(self.value(of, context))
                return self.operators.has_at_most(members, self.value(right, context))
        first, second = self.value(node.left, context), self.value(node.right, context)
        return self.operators.between(node.operator, first, second)

    def _junction(self, node: syntax.Junction, context: Context) -> Value:
        ending = node.operator == "\\/"
        found: list[Boolean] = []
        for part in node.parts:
            each = self.holds(part, context)
            if each is ending:
                return ending
            found.append(each)
        return disj(*found) if ending else conj(*found)

    def _quantified(self, node: syntax.Quantified, context: Context) -> Value:
        domain = the_set(self.value(node.domain, context))

        def body(x: Value) -> Boolean:
            return self.holds(node.body, context.with_value(node.name, x))

        match node.kind:
            case "\\A":
                return self.operators.all(domain, body, node.name)
            case "\\E":
                return self.operators.any(domain, body, node.name)
        return choice.chosen(self, node, domain, context)

    def _conditional(self, node: syntax.Conditional, context: Context) -> Value:
        condition = self.holds(node.condition, context)
        if isinstance(condition, bool):
            return self.value(node.yes if condition else node.no, context)
        yes, no = self.value(node.yes, context), self.value(node.no, context)
        return self.operators.either(condition, yes, no)

    def _case(self, node: syntax.Case, context: Context) -> Value:
        (condition, body), *rest = node.arms
        if condition is None:
            return self.value(body, context)
        test = self.holds(condition, context)
        if test is True:
            return self.value(body, context)
        if not rest:
            raise ModuleError(node.place, "a CASE without OTHER, of which no arm is known to hold")
        others = syntax.Case(tuple(rest), place=node.place)
        if test is False:
            return self._case(others, context)
        yes, no = self.value(body, context), self._case(others, context)
        return self.operators.either(test, yes, no)

    def _let(self, node: syntax.Let, context: Context) -> Value:
        return self.value(node.body, self.after_let(node, context))

    def after_let(self, node: syntax.Let, context: Context) -> Context:
        """Returns a context with the definitions of a LET."""
        for definition in node.definitions:
            value: Value | Operator
            if definition.parameters:
                value = self._operator(definition, context)
            else:
                value = self.value(definition.body, context)
            bound = Bound(value, definition.body, context)
            context = replace(context, bound={**context.bound, definition.name: bound})
        return context

    def _operator(self, definition: syntax.Definition, context: Context) -> Operator:
        def apply(*given: Value) -> Value:
            inner = context
            for name, value in zip(definition.parameters, given, strict=True):
                inner = inner.with_value(name, value)
            return self.value(definition.body, inner)

        return apply
