r"""The constants of a module: anything that its ASSUMEs allow, or those of an instance.

An ASSUME of the proof module says what each constant is, and TLC checks it in each configuration:

    number     Size \in Nat \ {0}
    boolean    MayGiveUp \in BOOLEAN
    set        Batches \subseteq Nat \ {0}
    threads    IsFiniteSet(Producers)
    thread     Owner \notin Producers
    string     Protocol \in {"several", "one"}
    known      Protocol = "revoke"
    function   \A c \in Consumers : Dependencies[c] \subseteq Consumers
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spec.prover import syntax, terms
from spec.prover.context import Context, Scope
from spec.prover.errors import ModuleError, Place
from spec.prover.evaluator import Evaluator
from spec.prover.lexer import tokens_of
from spec.prover.module import Module
from spec.prover.parser import Parser
from spec.prover.syntax import Node
from spec.prover.terms import Boolean, Scalar, Sort
from spec.prover.values import Function, Set, SetOfFunctions, SetOfSets, Value, the_scalar, the_set


def unknown(name: str, of: Set, place: Place, given: tuple[Scalar, ...] = ()) -> Value:
    """Returns an unknown element of a set.

    Args:
        name: of the unknown.
        of: the set.
        place: where it is wanted.
        given: what the element depends on.

    Raises:
        ModuleError: elements of such a set have no sort.
    """
    match of:
        case SetOfSets(base=Set() as base):
            return subset_of(name, base, place, given)
        case SetOfFunctions(domain=Set() as domain, range=Set() as to):
            return Function(domain, lambda x: unknown(name, to, place, (*given, the_scalar(x))))
    if of.sort is None:
        raise ModuleError(place, f"of {name} only an unknown sort is known")
    return terms.applied(name, given, of.sort)


def subset_of(name: str, base: Set, place: Place, given: tuple[Scalar, ...] = ()) -> Set:
    """Returns an unknown subset of a set.

    Raises:
        ModuleError: the elements of the set have no sort.
    """
    if base.sort is None:
        raise ModuleError(place, f"of the elements of {name} only an unknown sort is known")

    def has(x: Value) -> Boolean:
        return terms.applied(name, (*given, the_scalar(x)), Sort.BOOLEAN)

    return Set(has, base.sort)


@dataclass(frozen=True)
class Constants:
    """The values of the constants of a module.

    Attributes:
        values: by name.
        facts: what the ASSUMEs say of them.
    """

    values: Mapping[str, Value]
    facts: tuple[Boolean, ...]


def unknown_constants(module: Module, evaluator: Evaluator) -> Constants:
    """Returns constants of which only what the ASSUMEs say is known.

    Raises:
        ModuleError: no ASSUME says what a constant is.
    """
    values: dict[str, Value] = {}
    facts = []
    context = Context(Scope(module, values), {})
    for node in conjuncts(module.assumptions):
        _introduce(node, module, values, evaluator, context)
        facts.append(evaluator.holds(node, context))
    for name in module.constants:
        if name not in values:
            place = Place(module.path, 1)
            raise ModuleError(place, f"no ASSUME says what {name} is: see spec/prover/constants.py")
    return Constants(values, tuple(fact for fact in facts if fact is not True))


def _introduce(
    node: Node,
    module: Module,
    values: dict[str, Value],
    evaluator: Evaluator,
    context: Context,
) -> None:
    """Add the constant that a part of an ASSUME says the kind of."""
    match node:
        case syntax.Name("IsFiniteSet", (syntax.Name(name, ()),)) if name in module.constants:
            anything = Set(lambda _: True, Sort.ATOM)
            values.setdefault(name, subset_of(name, anything, node.place))
        case syntax.Binary("=", syntax.Name(name, ()), right) if name in module.constants:
            values.setdefault(name, evaluator.value(right, context))
        case syntax.Binary("\\in" | "\\notin" | "\\subseteq", syntax.Name(name, ()), right) if (
            name in module.constants and name not in values
        ):
            of = the_set(evaluator.value(right, context))
            make = subset_of if node.operator == "\\subseteq" else unknown
            values[name] = make(name, of, node.place)
        case syntax.Quantified(
            "\\A",
            bound,
            domain,
            syntax.Binary(
                "\\in" | "\\subseteq" as operator,
                syntax.Application(syntax.Name(name, ()), syntax.Name(argument, ())),
                right,
            ),
        ) if argument == bound and name in module.constants and name not in values:
            made = subset_of if operator == "\\subseteq" else unknown
            to = the_set(evaluator.value(right, context))
            values[name] = Function(
                the_set(evaluator.value(domain, context)),
                lambda x: made(name, to, node.place, (the_scalar(x),)),
            )


def conjuncts(nodes: list[Node]) -> Iterator[Node]:
    r"""Yields the parts of expressions that are joined by `/\`."""
    for node in nodes:
        match node:
            case syntax.Junction("/\\", parts):
                yield from conjuncts(list(parts))
            case _:
                yield node


def given_constants(module: Module, text: str, evaluator: Evaluator) -> Constants:
    """Returns constants with the values of an instance.

    Args:
        module: the module.
        text: as in a configuration of TLC, one a line or separated by semicolons: `Size = 2`, or
            `Consumers <- Two` for what the module defines.
        evaluator: for their values.

    Raises:
        ModuleError: a constant has no value, or an ASSUME does not hold.
    """
    values: dict[str, Value] = {}
    context = Context(Scope(module, {}), {})
    here = Place(module.path, 1)
    for line in filter(str.strip, text.replace(";", "\n").splitlines()):
        name, value = line.replace("<-", "=").split("=", 1)
        node = Parser(tokens_of(value, module.path)).whole()
        values[name.strip()] = evaluator.value(node, context)
    missing = [name for name in module.constants if name not in values]
    if missing:
        raise ModuleError(here, f"{', '.join(missing)} has no value in {text!r}")
    inside = Context(Scope(module, values), {})
    for node in module.assumptions:
        if evaluator.holds(node, inside) is not True:
            raise ModuleError(node.place, f"the ASSUME does not hold of {text!r}")
    return Constants(values, ())
