"""`Expressions`: gives each expression a value. The parts of the evaluator build on it."""

from abc import ABC, abstractmethod
from typing import Final

from spec.prover.choice import Choice
from spec.prover.context import Context
from spec.prover.errors import ModuleError
from spec.prover.operators import Operators
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, SortError
from spec.prover.values import Value, the_boolean


class Expressions(ABC):
    """Evaluates expressions; one thread.

    Args:
        operators: what the operators of TLA+ mean.

    Attributes:
        choices: what CHOOSE has chosen, as far as it is not known.
    """

    def __init__(self, operators: Operators) -> None:
        self.operators: Final = operators
        self.choices: Final[dict[tuple[int, int], Choice]] = {}

    @abstractmethod
    def value(self, node: Node, context: Context) -> Value:
        """Returns the value of an expression.

        Raises:
            ModuleError: the expression is wrong, or beyond what the evaluator knows.
        """

    def holds(self, node: Node, context: Context) -> Boolean:
        """Returns the value of an expression that has to be a boolean.

        Raises:
            ModuleError: as `value`.
        """
        value = self.value(node, context)
        try:
            return the_boolean(value)
        except SortError as error:
            raise ModuleError(node.place, str(error)) from error
