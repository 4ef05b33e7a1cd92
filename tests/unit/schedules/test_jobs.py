"""What `make test` leaves out, `make verify` explores."""

import itertools
import subprocess
import sys

from ringbuffer.testing.buffers import STRONG, Machine, StoreOrder
from tests.schedules.command import ORDERS
from tests.schedules.jobs import (
    DELAYED_IN_TEST,
    FEWER,
    LEFT_OUT,
    Extent,
    Job,
    delayed,
    named,
    undelayed,
)
from tests.schedules.scenarios import DELAYED, NEEDED, SCENARIOS

JOB = Job("", STRONG, False, None, 0, 0, 0)


def test_the_tables_name_scenarios_that_there_are() -> None:
    assert set(SCENARIOS) >= LEFT_OUT | FEWER
    assert not LEFT_OUT & FEWER
    assert all(SCENARIOS[name].preemptions[0] >= 1 for name in FEWER)
    assert all(in_test < set(DELAYED) for in_test in DELAYED_IN_TEST.values())


def test_test_and_verify_together_explore_every_scenario_up_to_its_bound() -> None:
    short, rest = (list(undelayed(JOB, extent)) for extent in (Extent.TEST, Extent.REST))
    assert {job.name for job in short} == set(SCENARIOS) - LEFT_OUT
    in_full = [job.name for job in [*short, *rest] if not job.fewer]
    assert sorted(in_full) == sorted(SCENARIOS)
    assert [job.name for job in undelayed(JOB, Extent.FULL)] == list(SCENARIOS)


def test_test_and_verify_together_explore_every_scenario_with_delayed_stores() -> None:
    jobs = [*delayed(JOB, Extent.TEST, 1), *delayed(JOB, Extent.REST, 1)]
    wanted = [*itertools.product(DELAYED, (StoreOrder.TSO, StoreOrder.WEAK))]
    wanted += [(name, StoreOrder.RELAXED) for name in NEEDED]
    assert sorted((job.name, job.machine.order) for job in jobs) == sorted(wanted)
    assert all(job.must_fail == (job.machine.order is StoreOrder.RELAXED) for job in jobs)
    assert set(delayed(JOB, Extent.FULL, 1)) == set(jobs)


def test_a_scenario_that_is_named_is_explored_up_to_its_bound_on_the_machine_that_is_named() -> (
    None
):
    weak = Machine(StoreOrder.WEAK, 1)
    [job] = named(Job("", weak, False, None, 0, 0, 0), ["rows", "no such scenario"])
    assert (job.name, job.fewer, job.machine) == ("rows", 0, weak)


def test_a_process_that_looks_for_a_fault_has_not_imported_the_library_before() -> None:
    modules = "tests.schedules.command, tests.schedules.faults, tests.faults.fault"
    program = f"import sys, {modules}; sys.exit('ringbuffer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_command_knows_every_order_of_stores() -> None:
    assert tuple(StoreOrder) == ORDERS
