r"""The evaluator: each operator by expressions whose value is known; with unknowns, by formulas.

A formula says of each value of its unknowns what the evaluator says of that value: so each
expression is evaluated with numbers, and its formula with the same numbers in the place of the
unknowns.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from spec.prover import terms
from spec.prover.constants import given_constants, unknown_constants
from spec.prover.context import Context, Scope
from spec.prover.errors import ModuleError
from spec.prover.evaluator import Evaluator
from spec.prover.exploration import plain
from spec.prover.lexer import tokens_of
from spec.prover.module import Module, read_module
from spec.prover.operators import Operators
from spec.prover.parser import Parser
from spec.prover.terms import Scalar, Sort, Term
from spec.prover.values import Value, the_scalar

HERE = Path("here.tla")
MODULE = """---- MODULE M ----
EXTENDS Integers, FiniteSets
VARIABLES x, y
Twice(a) == a + a
Next(a) == a'
Both == <<x, y>>
====
"""


@pytest.fixture
def module(tmp_path: Path) -> Module:
    path = tmp_path / "M.tla"
    path.write_text(MODULE)
    return read_module(path)


def value_of(
    module: Module,
    text: str,
    state: Mapping[str, Value] | None = None,
    after: Mapping[str, Value] | None = None,
    numbers: range | None = None,
) -> Value:
    node = Parser(tokens_of(text, HERE)).whole()
    context = Context(Scope(module, {}), state or {}, after)
    return Evaluator(Operators(numbers)).value(node, context)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-3 + 1", -2),
        ("7 \\div 2", 3),
        ("(-7) \\div 2", -4),
        ("-7 \\div 2", -3),
        ("-7 % 2", 1),
        ("5 - 7", -2),
        ("1 < 1", False),
        ("1 <= 1", True),
        ("2 > 1", True),
        ("1 >= 2", False),
        ("1 = 1 /\\ 1 # 2", True),
        ("~TRUE", False),
        ("FALSE => 1 = 2", True),
        ("TRUE <=> FALSE", False),
        ("FALSE \\/ TRUE", True),
        ('"a" = "b"', False),
        ("2 \\in 1..3", True),
        ("4 \\notin 1..3", True),
        ("3..1 = {}", True),
        ("{1, 2} = {2, 1, 1}", True),
        ("{1, 2} \\subseteq 1..3", True),
        ("{1} \\cup {2} = 1..2", True),
        ("1..3 \\cap 2..5 = {2, 3}", True),
        ("1..3 \\ {2} = {1, 3}", True),
        ("{a \\in 1..4 : a % 2 = 0} = {2, 4}", True),
        ("{a * a : a \\in 1..3} = {1, 4, 9}", True),
        ("UNION {{a, a + 1} : a \\in {1, 5}} = {1, 2, 5, 6}", True),
        ("{1} \\in SUBSET {1, 2}", True),
        ("SUBSET {1} \\subseteq {}", None),
        ("Cardinality({1, 2, 2})", 2),
        ("Cardinality({1, 2}) <= 1", False),
        ("IsFiniteSet({1})", True),
        ("TRUE \\in BOOLEAN", True),
        ("-1 \\in Nat", False),
        ("-1 \\in Int", True),
        ("\\A a \\in 1..3 : a > 0", True),
        ("\\E a \\in 1..3 : a > 2", True),
        ("\\A a \\in {} : FALSE", True),
        ("\\A a \\in 1..2, b \\in 3..4 : a < b", True),
        ("CHOOSE a \\in 1..5 : a * a = 9", 3),
        ("IF 1 = 1 THEN 2 ELSE 3", 2),
        ("CASE 1 = 2 -> 1 [] 1 = 1 -> 2 [] OTHER -> 3", 2),
        ("CASE FALSE -> 1 [] OTHER -> 3", 3),
        ("LET a == 2 F(b) == a * b IN F(3)", 6),
        ("[f |-> 1, g |-> 2].g", 2),
        ('[f |-> 1]["f"]', 1),
        ("[[f |-> 1] EXCEPT !.f = @ + 1].f", 2),
        ("[a \\in 1..3 |-> a * a][3]", 9),
        ("[[a \\in 1..2 |-> 0] EXCEPT ![1] = 5, ![1] = @ + 1][1]", 6),
        ("[[a \\in 1..2 |-> [f |-> 0]] EXCEPT ![2].f = 7][2].f", 7),
        ("[a \\in 1..2 |-> a] = [b \\in {1, 2} |-> b]", True),
        ("[a \\in 1..2 |-> a] \\in [1..2 -> 1..2]", True),
        ("[a \\in 1..2 |-> a] \\in [1..2 -> {1}]", False),
        ("DOMAIN [a \\in 1..2 |-> a] = 1..2", True),
        ("<<1, 2>> = <<1, 2>>", True),
        ("[f |-> 1] = [f |-> 2]", False),
        ("Twice(4)", 8),
    ],
)
def test_the_value_of_an_expression_is_known(module: Module, text: str, value: Scalar) -> None:
    if value is None:
        with pytest.raises(ModuleError):
            value_of(module, text)
        return
    found = value_of(module, text)
    assert found == value
    assert type(found) is type(value)


def test_sets_functions_and_records_are_known_one_by_one(module: Module) -> None:
    assert plain(value_of(module, "[a \\in 1..2 |-> [f |-> {a}]]")) == {
        1: {"f": {1}},
        2: {"f": {2}},
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 + TRUE", "True stands where a number is expected"),
        ("1 = TRUE", "number = boolean"),
        ('1 = "a"', "number = atom"),
        ("{1} = 1", "a set is compared with a scalar"),
        ("[f |-> 1] = [g |-> 1]", "a record is compared with a record"),
        ('{1, "a"}', "a set of atom and number"),
        ("1 /\\ TRUE", "1 stands where a boolean is expected"),
        ("1 \\in 2", "a scalar stands where a set is expected"),
        ("1[2]", "a scalar stands where a function is expected"),
        ("1.f", "a scalar stands where a record is expected"),
        ("[f |-> 1].g", "a record has no field g; it has f"),
        ("[a \\in 1..2 |-> a][3]", "a function is applied to 3, outside of its domain"),
        ("1 \\div 0", "a division by 0"),
        ("Unknown", "Unknown is not known"),
        ("Twice(1, 2)", "Twice has 1 parameters"),
        ("x", "x has no value yet"),
        ("x'", "a prime where there is no step"),
        ("CASE FALSE -> 1", "a CASE without OTHER"),
        ("CHOOSE a \\in 1..2 : a > 2", "CHOOSE finds nothing"),
        ("Len(<<1>>)", "Len is not known"),
        ("UNION {{1}}", "UNION is known of a set"),
        ("I!F", "the module does not define I"),
        ("Twice!F", "Twice is not an INSTANCE"),
    ],
)
def test_what_is_wrong_or_not_known_is_an_error_with_file_and_line(
    module: Module, text: str, says: str
) -> None:
    with pytest.raises(ModuleError) as raised:
        value_of(module, text)
    assert says in str(raised.value)
    assert ":1: " in str(raised.value)


def test_a_prime_is_the_value_after_the_step(module: Module) -> None:
    before, after = {"x": 1, "y": 2}, {"x": 3, "y": 2}
    assert value_of(module, "x' + x", before, after) == 4
    assert value_of(module, "(x + y)'", before, after) == 5
    assert value_of(module, "UNCHANGED y", before, after) is True
    assert value_of(module, "UNCHANGED Both", before, after) is False
    assert value_of(module, "\\A a \\in 1..2 : (x > a)'", before, after) is True


def test_a_name_for_something_that_changes_is_refused_under_a_prime(module: Module) -> None:
    before, after = {"x": 1, "y": 2}, {"x": 3, "y": 2}
    assert value_of(module, "Next(5)", before, after) == 5
    for text in ("Next(x)", "LET a == x IN a'", "LET F(a) == a + x IN F(1)'"):
        with pytest.raises(ModuleError, match="stands for something that changes"):
            value_of(module, text, before, after)


#: Expressions about a number n, and atoms t and u.
WITH_UNKNOWNS = [
    "n + 1 <= 2 * n - (n % 3)",
    "n \\div 2 = 1",
    "n \\in 0..2 <=> (n >= 0 /\\ ~(n > 2))",
    "n \\in {0, 2, n + 1}",
    "n \\notin {1} \\cup {a \\in 0..2 : a + n = 2}",
    "\\A a \\in 0..n : a < 2",
    "\\E a \\in n..3 : a % 2 = 0",
    "(IF n = 1 THEN [f |-> n, g |-> {n}] ELSE [f |-> 0, g |-> {}]).g = {1}",
    "[[a \\in 0..3 |-> a] EXCEPT ![n] = 7][1] = 7",
    "[a \\in 0..3 |-> a * 2][n] = 2",
    'CASE n = 0 -> t [] n = 1 -> u [] OTHER -> "c"',
    't = "a" => u # t',
    '{t, u} = {"a", "b"}',
    "Cardinality({t, u}) <= 1",
    '({t} \\cup {u}) \\ {"a"} = {"b"}',
    "(CHOOSE a \\in 0..3 : a >= n /\\ a # 1) = 2",
    "LET d == n - 1 IN -d < n",
    "UNION {{a, n} : a \\in 0..1} = {0, 1, n}",
    '<<n, t>> = <<1, "a">>',
    "{n} \\in SUBSET 0..1",
]
VALUES = [(n, t, u) for n in range(4) for t in ("a", "b") for u in ("a", "b")]


@pytest.mark.parametrize("text", WITH_UNKNOWNS)
def test_a_formula_says_of_each_value_what_the_evaluator_says(module: Module, text: str) -> None:
    node = Parser(tokens_of(text, HERE)).whole()
    unknown = {
        "n": terms.constant("n", Sort.NUMBER),
        "t": terms.constant("t", Sort.ATOM),
        "u": terms.constant("u", Sort.ATOM),
    }
    numbers = range(-2, 8)
    formula = Evaluator(Operators(numbers)).value(node, Context(Scope(module, unknown), {}))
    for values in VALUES:
        known: dict[str, Value] = dict(zip(unknown, values, strict=True))
        expected = Evaluator(Operators()).value(node, Context(Scope(module, known), {}))
        given = {unknown[name]: terms.term_of(the_scalar(value)) for name, value in known.items()}
        assert computed(terms.term_of(the_scalar(formula)), given) == expected, known


def computed(term: Term, given: Mapping[Term, Term]) -> Scalar:
    """The value of a term without quantifiers, by another evaluator: Python's operators."""
    if term in given:
        return computed(given[term], {})
    parts = [computed(part, given) for part in term.arguments]
    match term.operator:
        case "literal":
            return term.symbol
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case "ite":
            return parts[1] if parts[0] else parts[2]
    python = {
        "not": "__not__",
        "=>": "__le__",
        "=": "__eq__",
        "<=": "__le__",
        "+": "__add__",
        "-": "__sub__",
        "*": "__mul__",
        "div": "__floordiv__",
        "mod": "__mod__",
    }[term.operator]
    if term.operator == "not":
        return not parts[0]
    result: Scalar = getattr(parts[0], python)(parts[1])
    return result


ASSUMING = """---- MODULE A ----
EXTENDS Integers, FiniteSets
CONSTANTS Size, Flag, Batches, Threads, Owner, Kind, Before, Graph
ASSUME
    /\\ Size \\in Nat \\ {0}
    /\\ Flag \\in BOOLEAN
    /\\ Batches \\subseteq Nat
    /\\ IsFiniteSet(Threads)
    /\\ Owner \\notin Threads
    /\\ Kind \\in {"one", "several"}
    /\\ \\A t \\in Threads : Before[t] \\in Threads
    /\\ Graph \\in [Threads -> SUBSET Threads]
====
"""


def assuming(folder: Path, text: str = ASSUMING) -> Module:
    path = folder / "A.tla"
    path.write_text(text)
    return read_module(path)


def test_assumptions_say_what_constants_are(tmp_path: Path) -> None:
    constants = unknown_constants(assuming(tmp_path), Evaluator(Operators()))
    values = constants.values
    assert terms.sort_of(values["Size"]) == Sort.NUMBER
    assert terms.sort_of(values["Flag"]) == Sort.BOOLEAN
    assert terms.sort_of(values["Owner"]) == Sort.ATOM
    assert terms.sort_of(values["Kind"]) == Sort.ATOM
    assert len(constants.facts) == 7  # IsFiniteSet says the kind alone


def test_a_constant_without_an_assumption_is_an_error(tmp_path: Path) -> None:
    module = assuming(tmp_path, ASSUMING.replace("    /\\ Flag \\in BOOLEAN\n", ""))
    with pytest.raises(ModuleError, match="no ASSUME says what Flag is"):
        unknown_constants(module, Evaluator(Operators()))


def test_an_instance_must_fulfil_the_assumptions(tmp_path: Path) -> None:
    text = """Size = 1; Flag = TRUE; Batches = {1}; Threads = {"p"}; Owner = "o"; Kind = "one"
        Before = [t \\in {"p"} |-> "p"]
        Graph = [t \\in {"p"} |-> {}]"""
    module = assuming(tmp_path)
    given_constants(module, text, Evaluator(Operators()))
    for old, new in (('"o"', '"p"'), ("Size = 1", "Size = 0"), ('|-> "p"', '|-> "q"')):
        with pytest.raises(ModuleError, match="the ASSUME does not hold"):
            given_constants(module, text.replace(old, new), Evaluator(Operators()))
    with pytest.raises(ModuleError, match="Size has no value"):
        given_constants(module, text.replace("Size = 1; ", ""), Evaluator(Operators()))
