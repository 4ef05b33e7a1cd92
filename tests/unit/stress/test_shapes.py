"""A seed says the fault, and many in a row have every fault in them."""

from pathlib import Path

from tests.stress.faults.cases import CASES, PROCESSORS, READERS, Severity, fault_of

PROJECT = Path(__file__).parents[3]


def test_the_same_seed_is_the_same_fault() -> None:
    for seed in (0, 7, 123_456):
        assert fault_of(seed) == fault_of(seed)
    assert len({fault_of(seed) for seed in range(40)}) == 40


def test_as_many_rounds_as_there_are_cases_leave_no_callback_out() -> None:
    cases = {fault_of(seed).case for seed in range(1000, 1000 + len(CASES))}
    assert cases == set(CASES)
    assert {case.consumer for case in cases} == {*PROCESSORS, *READERS}
    for hook in (
        "on_start",
        "on_shutdown",
        "on_batch_start",
        "on_timeout",
        "on_rewind",
        "set_sequence_callback",
        "on_event",
    ):
        assert {case.severity for case in cases if case.place == hook} == set(Severity)
