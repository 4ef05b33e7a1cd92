"""The rounds of the stress tests and their command: what is right passes, what is broken fails and says how to run it again."""

import itertools
import sys
import threading
from collections import Counter
from typing import Any

import pytest

from ringbuffer import barrier
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.processors import EventProcessor
from tests.stress import command, watch
from tests.stress.faults import once as fault
from tests.stress.faults.cases import CASES, Severity, fault_of
from tests.stress.litmus import catalogue
from tests.stress.litmus.grades import Litmus, acceptable
from tests.stress.litmus.moves import cells, clear, store
from tests.stress.switches import Switches
from tests.stress.topologies import once as topology
from tests.stress.topologies.ledger import Account, Ledger
from tests.stress.topologies.message import Message
from tests.stress.topologies.shape import Shape, shape_of


@pytest.mark.parametrize("seed", range(6))
def test_a_topology_loses_nothing(seed: int) -> None:
    counts: Counter[str] = Counter()
    account = topology.run(shape_of(seed), counts)
    assert account.events > 0
    assert not account.faults
    assert counts["published"] > 0


@pytest.mark.parametrize("seed", range(0, len(CASES), 8))
def test_a_fault_is_accounted_for(seed: int) -> None:
    assert not fault.run(fault_of(seed), Counter()).faults


def run_command(*arguments: str) -> int:
    return command.main([*arguments, "--seconds", "0.01"])


def test_a_library_that_forgets_an_event_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    note = Ledger.note
    once = threading.Lock()

    def forgetful(self: Ledger, message: Message, sequence: int) -> None:
        if message.number == 3 and once.acquire(blocking=False):
            return
        note(self, message, sequence)

    monkeypatch.setattr(Ledger, "note", forgetful)
    seed = next(seed for seed in itertools.count() if sees_everything_once(shape_of(seed)))
    assert run_command("--topologies", "--seed", str(seed)) == 1
    out = capsys.readouterr().out
    assert "lost 1," in out
    assert f"again: python -m tests.stress --topologies --seed {seed} --rounds 1" in out


def sees_everything_once(shape: Shape) -> bool:
    """Whether message 3 is published, and comes to each stage once, with none after it to miss its mark."""
    calm = not shape.failing and not any(stage.rewinds or stage.before for stage in shape.stages)
    return calm and shape.messages >= 4 * shape.producers


def test_a_producer_that_is_told_of_no_death_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ring is closed without saying who has died."""

    def silent(self: Any, failure: BaseException) -> None:
        self._failure = failure
        self._ring.close()

    monkeypatch.setattr(EventProcessor, "_fail", silent)
    seed = next(seed for seed, case in enumerate(CASES) if case.place == "on_event" and case.severity is Severity.INTERRUPT)
    assert run_command("--faults", "--seed", str(seed)) == 1
    out = capsys.readouterr().out
    assert "Wrong: a producer got RingBufferClosedError" in out
    assert f"again: python -m tests.stress --faults --seed {seed} --rounds 1" in out


def test_a_consumer_that_goes_too_far_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that do not wait for those before them."""
    monkeypatch.setattr(barrier, "Available", lambda published, dependents: published)
    account, seeds = Account(), itertools.count()
    while not account.early:  # the threads decide when; the test's timeout is for a check that finds nothing
        account.add(topology.run(shape_of(next(seeds)), Counter()))
    assert "early" in account.faults


def test_what_goes_right_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("--topologies", "--faults", "--seed", "3", "--rounds", "2") == 0
    out = capsys.readouterr().out
    assert "topologies: 2 rounds" in out
    assert "faults: 2 rounds" in out
    assert "lost 0, doubled 0, phantoms 0, reordered 0, torn 0, early 0, stuck 0" in out


def test_a_forbidden_outcome_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Litmus("a race", "x = 1  |  x = 2", cells(1), (store(0, 1), store(0, 2)), clear, (acceptable("another", "none"),))
    monkeypatch.setattr(catalogue, "RACES", (wrong,))
    monkeypatch.setattr(catalogue.verdicts, "__defaults__", ((wrong,),))
    assert run_command("--litmus", "--brief") == 1
    out = capsys.readouterr().out
    assert "FORBIDDEN: a race, plain moves" in out
    assert "no row foresees it" in out


def test_a_wrong_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--seconds", "0"])
    assert ended.value.code == 2
    assert "seconds must be a positive number" in capsys.readouterr().err


# -- waiting and switching ------------------------------------------------------------------------------------------------


def test_who_is_stuck_is_found_and_shown(capfd: pytest.CaptureFixture[str]) -> None:
    gate = threading.Event()
    task = watch.Task(SYSTEM_HOST, gate.wait, "sleeper")
    with pytest.raises(watch.Stuck, match="sleeper did not end within"):
        task.ended(patience=0.01)
    assert "in wait" in capfd.readouterr().err
    with pytest.raises(watch.Stuck, match="never"):
        watch.until(lambda: False, "never", patience=0.01)
    gate.set()
    assert task.ended() is None


def test_a_task_raises_where_it_is_joined() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watch.Task(SYSTEM_HOST, fail, "fails").join()


@pytest.mark.skipif(not SYSTEM_HOST.available_cpus(), reason="threads cannot be bound to a core here")
def test_threads_are_put_on_cores() -> None:
    seen: list[frozenset[int]] = []

    def look() -> None:
        seen.append(SYSTEM_HOST.available_cpus())

    def places(cores: str, threads: int) -> list[frozenset[int]]:
        seen.clear()
        with Switches(cores=cores, nice=True, interval=1e-5, seed=1).applied() as host:
            for _ in range(threads):
                watch.Task(host, look, "looks").join()
        return list(seen)

    everywhere = SYSTEM_HOST.available_cpus()
    assert places("free", 2) == [everywhere] * 2
    assert len(set(places("one", 4))) == 1
    assert frozenset().union(*places("spread", len(everywhere))) == everywhere
    assert SYSTEM_HOST.available_cpus() == everywhere


def test_the_interval_is_put_back() -> None:
    before = sys.getswitchinterval()
    with Switches(cores="free", nice=False, interval=1e-5, seed=1).applied():
        assert sys.getswitchinterval() == pytest.approx(1e-5)
    assert sys.getswitchinterval() == pytest.approx(before)
