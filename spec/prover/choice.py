r"""CHOOSE: an element of which only the property is known.

That there is such an element has to be proven. `CHOOSE s \in a..b : P(s) /\ Q(s)` is proven by
induction: P holds of `a`; if P holds of `k`, and `k` is not what is looked for, P holds of `k + 1`;
and if P holds of `b`, so does Q. So an element is found on the way from `a` to `b`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec.prover import syntax, terms
from spec.prover.context import Context
from spec.prover.errors import ModuleError
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, Number, Sort, Term, conj, implies, negate
from spec.prover.values import Interval, Set, Value

if TYPE_CHECKING:
    from spec.prover.expressions import Expressions


@dataclass(frozen=True)
class Choice:
    """What a CHOOSE has chosen in a state.

    Attributes:
        node: the CHOOSE.
        context: what names mean there.
        chosen: the element.
        property: what is known of it, if there is one.
        exists: what has to be proven, so that there is one.
    """

    node: Node
    context: Context
    chosen: Term
    property: Boolean
    exists: tuple[Boolean, ...]


def chosen(
    evaluator: "Expressions", node: syntax.Quantified, domain: Set, context: Context
) -> Value:
    """Returns what a CHOOSE chooses: of known elements the first, else an unknown.

    Raises:
        ModuleError: the elements of the set are not known, and it is not an interval; or the choice
            depends on a bound name.
    """
    operators = evaluator.operators

    def body(x: Value) -> Boolean:
        return evaluator.holds(node.body, context.with_value(node.name, x))

    if domain.members is not None:
        candidates = [(item, conj(within, body(item))) for item, within in domain.members]
        possible = [(item, holds) for item, holds in candidates if holds is not False]
        if not possible:
            raise ModuleError(node.place, "CHOOSE finds nothing")
        value: Value = possible[-1][0]
        for item, holds in reversed(possible[:-1]):
            value = operators.either(holds, item, value)
        return value
    if not isinstance(domain, Interval) or context.bound:
        raise ModuleError(
            node.place, "CHOOSE is known over an interval, where no name is bound; not here"
        )
    key = id(node), id(context.state)
    if key not in evaluator.choices:
        x = terms.constant(operators.fresh(node.name), Sort.NUMBER)
        exists = _exists(evaluator, node, domain, context)
        known = conj(domain.has(x), body(x))
        evaluator.choices[key] = Choice(node, context, x, known, exists)
    return evaluator.choices[key].chosen


def _exists(
    evaluator: "Expressions", node: syntax.Quantified, domain: Interval, context: Context
) -> tuple[Boolean, ...]:
    """Returns the steps of the induction."""
    first, rest = node.body, tuple[Node, ...]()
    if isinstance(node.body, syntax.Junction) and node.body.operator == "/\\":
        first, *others = node.body.parts
        rest = tuple(others)

    def at(expression: Node, x: Number) -> Boolean:
        return evaluator.holds(expression, context.with_value(node.name, x))

    low, high = domain.low, domain.high
    k = terms.constant(evaluator.operators.fresh(node.name), Sort.NUMBER)
    on_the_way = conj(
        terms.at_most(low, k),
        negate(terms.at_most(high, k)),
        at(first, k),
        negate(at(node.body, k)),
    )
    return (
        terms.at_most(low, high),
        at(first, low),
        implies(on_the_way, at(first, terms.plus(k, 1))),
        implies(at(first, high), conj(*(at(each, high) for each in rest))),
    )
