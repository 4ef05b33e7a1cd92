"""The litmus tests themselves: a forbidden outcome fails, and a wrong race is found."""

import pytest

from ringbuffer.memory import PROCESS_MEMORY, Memory
from tests.stress.litmus.actors import run
from tests.stress.litmus.catalogue import RACES
from tests.stress.litmus.grades import Act, Grade, Litmus, Verdict, acceptable, forbidden
from tests.stress.litmus.moves import cells, clear, store, store_then_load
from tests.stress.litmus.operations import count_by_moves, value
from tests.support.memories import memories


def race(*rows: object, **changes: object) -> Litmus:
    parts: dict[str, object] = {
        "name": "a race",
        "race": "x = x + 1  |  x = x + 1",
        "make": cells(1),
        "actors": (count_by_moves,) * 2,
        "set_back": clear,
        "rows": rows,
        "final": value,
        "instances": 16,
    }
    return Litmus(**(parts | changes))  # type: ignore[arg-type]


COUNTED = acceptable((None, None, 2), "both count")
LOST = forbidden((None, None, 1), "one was lost")


def test_a_forbidden_outcome_is_not_a_success() -> None:
    verdict = Verdict(race(COUNTED, LOST), "a memory")
    verdict.counts[None, None, 2] = 1_000_000
    assert verdict.is_right
    verdict.counts[None, None, 1] += 1
    assert not verdict.is_right
    assert verdict.count(Grade.FORBIDDEN) == 1
    assert "FORBIDDEN" in str(verdict)
    assert "one was lost" in str(verdict)


def test_an_outcome_that_is_not_listed_is_forbidden() -> None:
    verdict = Verdict(race(COUNTED), "a memory")
    verdict.counts[None, None, 7] = 1
    assert not verdict.is_right
    assert "no row foresees it" in str(verdict)


def test_a_race_that_was_not_run_is_not_a_success() -> None:
    assert not Verdict(race(COUNTED, LOST), "a memory").is_right


def test_updates_that_are_lost_between_real_threads_are_found() -> None:
    """Counting by plain moves is wrong: rounds go on until threads have met in the middle of it."""
    litmus = race(COUNTED, LOST)
    verdict = Verdict(litmus, "plain moves")
    while not verdict.count(Grade.FORBIDDEN):
        verdict.counts.update(run(litmus, PROCESS_MEMORY, 0.05))
    assert not verdict.is_right
    assert set(verdict.counts) <= {(None, None, 1), (None, None, 2)}


def test_every_instance_is_set_back_before_it_is_run_again() -> None:
    """A stale instance shows a 1 to a load before the store; a fresh one shows it only after."""
    litmus = race(
        *(acceptable((one, other), "") for one in (0, 1) for other in (0, 1)),
        make=cells(2), actors=(store_then_load(0, 1), store_then_load(1, 0)), final=None,
    )  # fmt: skip
    counts = run(litmus, PROCESS_MEMORY, 0.05)
    assert counts.total() % litmus.instances == 0
    assert set(counts) <= {(0, 0), (0, 1), (1, 0), (1, 1)}
    one_after_the_other = race(
        acceptable((None, 1), "stored"),
        actors=(store(0, 1), lambda each: each[0].view().get),
        final=None,
        instances=1,
    )
    assert set(run(one_after_the_other, PROCESS_MEMORY, 0.05)) <= {(None, 0), (None, 1)}


def test_an_actor_that_raises_ends_the_race() -> None:
    def failing(cells: object) -> Act:
        def act() -> None:
            raise ZeroDivisionError

        return act

    for actors in ((failing, count_by_moves), (count_by_moves, failing)):
        with pytest.raises(ZeroDivisionError):
            run(race(COUNTED, actors=actors), PROCESS_MEMORY, 60)


@pytest.mark.verify  # both suites run all of them for longer, as the part "stress"
@pytest.mark.parametrize("memory", memories().values(), ids=memories())
@pytest.mark.parametrize("litmus", RACES, ids=lambda each: each.name)
def test_no_race_of_the_catalogue_has_a_forbidden_outcome(litmus: Litmus, memory: Memory) -> None:
    verdict = Verdict(litmus, "", run(litmus, memory, 0.02))
    assert verdict.is_right, str(verdict)


def test_every_row_says_why() -> None:
    for litmus in RACES:
        assert all(row.reason for row in litmus.rows)
        outcomes = [row.outcome for row in litmus.rows]
        assert len(set(outcomes)) == len(outcomes)
        assert any(row.grade is Grade.ACCEPTABLE for row in litmus.rows)
