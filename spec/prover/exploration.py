"""`explore`: the states of an instance, found by the evaluator with numbers.

Nothing here needs a solver. The states and the steps are compared with those that TLC finds, and
those that the mirrors have: so it is known that the evaluator, with which everything is proven,
understands the modules as TLC does.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

from spec.prover.constants import given_constants
from spec.prover.context import Context, Scope, State
from spec.prover.evaluator import Evaluator
from spec.prover.module import Module
from spec.prover.operators import Operators
from spec.prover.states import initial
from spec.prover.steps import Steps
from spec.prover.terms import Boolean
from spec.prover.values import Function, Set, Value
from spec.tools.state_graph import Edge, Node, Numbers


def explore(
    module: Module,
    constants: str,
    numbers: Numbers,
    edges: set[Edge],
    invariants: Iterable[str] = (),
) -> set[Node]:
    """Returns the states of an instance. Adds the labelled edges to `edges`.

    Steps that change nothing are left out.

    Args:
        module: the module.
        constants: as in a configuration, one a line or separated by semicolons.
        numbers: the numbers of the values.
        edges: gets the steps.
        invariants: names of definitions that must hold in each state.

    Raises:
        ModuleError: the module has something that the evaluator does not know.
        AssertionError: an invariant does not hold in a state.
    """
    evaluator = Evaluator(Operators())
    scope = Scope(module, given_constants(module, constants, evaluator).values)
    steps = Steps(evaluator)
    names = sorted(module.variables)

    def node_of(state: State) -> Node:
        return tuple(numbers.of(plain(state[name])) for name in names)

    first = initial(evaluator, Context(scope, {}))
    seen = {node_of(first)}
    waiting: deque[State] = deque([first])
    while waiting:  # terminates because a state waits once, and an instance has finitely many
        state = waiting.popleft()
        before = node_of(state)
        context = Context(scope, state)
        for name in invariants:
            assert evaluator.named(name, context) is True, f"{name} does not hold in {state}"
        for action in steps.actions(context):
            for way in steps.ways(action):
                assert _all_known(way.conditions), f"{action.label}: {way.conditions}"
                after = node_of(way.after)
                if after == before:
                    continue
                edges.add((before, action.label, after))
                if after not in seen:
                    seen.add(after)
                    waiting.append(way.after)
    return seen


def _all_known(conditions: tuple[Boolean, ...]) -> bool:
    return all(condition is True for condition in conditions)


def plain(value: Value) -> Any:
    """Returns a known value as the mirrors have it: sets, dictionaries, numbers and strings.

    Raises:
        ValueError: it is not known.
    """
    match value:
        case Set():
            known = value.known()
            if known is None:
                raise ValueError("a set whose elements are not known")
            return frozenset(known)
        case Function(table=dict() as table):
            return {item: plain(each) for item, each in table.items()}
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case bool() | int() | str():
            return value
    raise ValueError(f"{value} is not known")
