"""Z3 proves goals that share facts; these tests run the real Z3."""

from spec.prover.obligations import Obligation
from spec.prover.smtlib import Writer
from spec.prover.solver import prove
from spec.prover.terms import Boolean, Sort, at_most, constant, equal, negate

A, B, C = (constant(name, Sort.NUMBER) for name in "abc")
KNOWN = (at_most(A, B), at_most(B, C))


def goals(*given: tuple[Boolean, tuple[Boolean, ...]]) -> list[str]:
    batch = [Obligation("", "", KNOWN, goal, "", own) for goal, own in given]
    shared, texts = Writer().texts(batch)
    together = [each.says for each in prove(shared, texts)]
    alone = [answer.says for each in batch for answer in prove(Writer().text(each), [""])]
    assert together == alone
    return together


def test_a_goal_follows_from_shared_facts_and_from_its_own() -> None:
    assert goals((at_most(A, C), ()), (equal(A, C), (at_most(C, A),))) == ["unsat", "unsat"]


def test_what_holds_for_one_goal_holds_for_no_other() -> None:
    false = (at_most(C, A), ())
    assert goals((at_most(C, A), (equal(A, C),)), false, (at_most(A, C), ()), false) == [
        "unsat",
        "sat",
        "unsat",
        "sat",
    ]


def test_facts_that_contradict_each_other_count_for_their_goal_only() -> None:
    assert goals((False, (at_most(A, B), negate(at_most(A, B)))), (False, ())) == ["unsat", "sat"]


def test_the_threads_of_a_goal_differ_from_those_of_the_shared_facts() -> None:
    p, q, t = "p", "q", constant("t", Sort.ATOM)
    shared = (equal(t, p),)
    batch = [Obligation("", "", shared, goal) for goal in (negate(equal(t, q)), equal(t, q))]
    text, texts = Writer().texts(batch)
    assert [each.says for each in prove(text, texts)] == ["unsat", "sat"]
