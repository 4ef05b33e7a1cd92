"""The parser: the tree of each kind of expression, and errors with file and line."""

from pathlib import Path

import pytest

from spec.prover import syntax
from spec.prover.errors import ModuleError, Place
from spec.prover.lexer import tokens_of
from spec.prover.module import read_module
from spec.prover.parser import Parser
from spec.prover.syntax import Binary, Junction, Literal, Name, Node, Primed, Quantified, Unary

HERE = Path("here.tla")


def parsed(text: str) -> Node:
    return Parser(tokens_of(text, HERE)).whole()


def name(text: str, *arguments: Node) -> Name:
    return Name(text, arguments, place=Place(HERE, 0))


def number(value: int) -> Literal:
    return Literal(value, place=Place(HERE, 0))


def between(operator: str, left: Node, right: Node) -> Binary:
    return Binary(operator, left, right, place=Place(HERE, 0))


def joined(operator: str, *parts: Node) -> Junction:
    return Junction(operator, parts, place=Place(HERE, 0))


A, B, C = name("a"), name("b"), name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a - b - c", between("-", between("-", A, B), C)),
        ("a - b + c", between("+", between("-", A, B), C)),
        ("a + b - c", between("+", A, between("-", B, C))),
        ("a + b * c", between("+", A, between("*", B, C))),
        ("(a + b) * c", between("*", between("+", A, B), C)),
        ("a+1..b", between("..", between("+", A, number(1)), B)),
        ("a => b <=> c", between("=>", A, between("<=>", B, C))),
        ("a = b => c", between("=>", between("=", A, B), C)),
        ("a /= b", between("#", A, B)),
        ("a =< b", between("<=", A, B)),
        ("a \\union b", between("\\cup", A, B)),
        ("a /\\ b /\\ c", joined("/\\", A, B, C)),
        ("a /\\ (b /\\ c)", joined("/\\", A, joined("/\\", B, C))),
        ("a \\/ b => c", between("=>", joined("\\/", A, B), C)),
        ("~a = b", Unary("~", between("=", A, B), place=Place(HERE, 0))),
        ("-a + b", between("+", Unary("-", A, place=Place(HERE, 0)), B)),
        ("a' = b", between("=", Primed(A, place=Place(HERE, 0)), B)),
        ("a (* not (* at all *) b *) + \\* nor this\n b", between("+", A, B)),
    ],
)
def test_operators_bind_as_in_tla(text: str, tree: Node) -> None:
    assert parsed(text) == tree


def test_a_list_ends_where_something_stands_left_of_its_bullets() -> None:
    text = """
        /\\ a
        /\\ \\/ b
           \\/ c /\\ a
        => c"""
    inner = joined("\\/", B, joined("/\\", C, A))
    assert parsed(text) == between("=>", joined("/\\", A, inner), C)


def test_lists_may_be_nested() -> None:
    text = """
        \\/ /\\ a
           /\\ b
        \\/ c"""
    assert parsed(text) == joined("\\/", joined("/\\", A, B), C)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{}", syntax.SetOfItems),
        ("{a, b}", syntax.SetOfItems),
        ("{x \\in a : b}", syntax.Filter),
        ("{x + 1 : x \\in a}", syntax.Image),
        ("<<a, b>>", syntax.Sequence),
        ("[f |-> a, g |-> b]", syntax.RecordOf),
        ("[x \\in a |-> b]", syntax.FunctionOf),
        ("[a -> b]", syntax.FunctionsFromTo),
        ("[a EXCEPT ![b].f = @ + 1, !.g = c]", syntax.Except),
        ("a[b]", syntax.Application),
        ("a.f", syntax.Field),
        ("F(a, b)", Name),
        ("I!F(a)", syntax.Instanced),
        ("IF a THEN b ELSE c", syntax.Conditional),
        ("CASE a -> b [] OTHER -> c", syntax.Case),
        ("LET F(x) == x + 1 IN F(a)", syntax.Let),
        ("\\A x, y \\in a, z \\in b : c", Quantified),
        ("CHOOSE x \\in a : b", Quantified),
        ("UNCHANGED <<a, b>>", Unary),
        ('"a string"', Literal),
        ("TRUE", Literal),
    ],
)
def test_each_kind_of_expression_is_known(text: str, kind: type[Node]) -> None:
    assert type(parsed(text)) is kind


def test_several_names_are_bound_one_after_the_other() -> None:
    assert parsed("\\E x, y \\in a : b") == parsed("\\E x \\in a : \\E y \\in a : b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a +\n^ b", "here.tla:2: unknown symbol '^'"),
        ("a\n= b = c", "here.tla:2: = and = side by side; parentheses say which comes first"),
        ("a /\\ b\n\\/ c", "here.tla:2: /\\ and \\/ side by side"),
        ("a => b => c", "here.tla:1: => and => side by side"),
        ("a b", "here.tla:1: b is not understood"),
        ("[]a", "here.tla:1: [] is not understood"),
        ("<>a", "here.tla:1: <> is not understood"),
        ("a ~> b", "here.tla:1: ~> is not understood"),
        ("(a", "here.tla:1: the end is not understood where ) is expected"),
        ("IF a THEN b", "here.tla:1: the end is not understood where ELSE is expected"),
        ("THEN", "here.tla:1: THEN is not understood"),
        ("ENABLED a", "here.tla:1: ENABLED is not understood"),
        ("[1 |-> a]", "here.tla:1: a record has names before its arrows"),
        ("(* a", "here.tla:1: the comment does not end"),
        ('"a', "here.tla:1: unknown symbol '\"a'"),
    ],
)
def test_what_is_not_known_is_an_error_with_file_and_line(text: str, says: str) -> None:
    with pytest.raises(ModuleError) as raised:
        parsed(text)
    assert str(raised.value).startswith(says)


def module(folder: Path, text: str) -> Path:
    path = folder / "M.tla"
    path.write_text(f"---- MODULE M ----\n{text}\n====\n")
    return path


def test_a_module_has_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "N.tla").write_text("---- MODULE N ----\nCONSTANT S\nF(x) == x\n====\n")
    read = read_module(
        module(tmp_path, "EXTENDS Integers, N\nVARIABLES a, b\nASSUME S > 0\nG ==\n  F(a)")
    )
    assert (read.constants, read.variables, read.defined) == (["S"], ["a", "b"], ["F", "G"])
    assert len(read.assumptions) == 1
    assert read.required("G").body == name("F", A)
    assert read.definition("Nothing") is None


def test_the_text_of_a_module_can_be_replaced(tmp_path: Path) -> None:
    path = module(tmp_path, "F == 1")
    assert read_module(path, {"M": "---- MODULE M ----\nF == 2\n====\n"}).required(
        "F"
    ).body == number(2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("EXTENDS Missing", "M.tla:2: there is no module Missing beside this one"),
        ("F == 1\nF == 2", "M.tla:3: F is defined twice"),
        ("F == 1\n+ 2", "M.tla:3: + is not understood"),
        ("LOCAL F == 1", "M.tla:2: LOCAL is not understood"),
    ],
)
def test_a_module_that_is_not_understood_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ModuleError) as raised:
        read_module(module(tmp_path, text))
    assert says in str(raised.value)


def test_a_definition_is_parsed_when_it_is_asked_for(tmp_path: Path) -> None:
    read = read_module(module(tmp_path, "F == 1\nSpec == [][F]_x"))
    assert read.required("F").body == number(1)
    with pytest.raises(ModuleError, match=r"M\.tla:3: \[\] is not understood"):
        read.required("Spec")
    with pytest.raises(ModuleError, match=r"M\.tla:1: the module does not define G"):
        read.required("G")


def test_a_module_needs_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "M.tla"
    path.write_text("F == 1")
    with pytest.raises(ModuleError, match="it does not have the frame of MODULE M"):
        read_module(path)
