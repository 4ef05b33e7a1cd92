"""The rounds of the stress tests and their command.

Correct rounds pass. Broken ones fail, and say how to run them again.
"""

import itertools
import threading
from collections import Counter
from typing import Any

import pytest

from ringbuffer.processors import EventProcessor
from ringbuffer.programs.stress.ledger import Ledger
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.shape import Shape, shape_of
from tests.stress import command
from tests.stress.faults import once as fault
from tests.stress.faults.cases import CASES, Severity, fault_of
from tests.stress.litmus import catalogue
from tests.stress.litmus.grades import Litmus, acceptable
from tests.stress.litmus.moves import cells, clear, store


@pytest.mark.parametrize("seed", range(0, len(CASES), 8))
def test_a_fault_is_accounted_for(seed: int) -> None:
    assert not fault.run(fault_of(seed), Counter()).faults


def run_command(*arguments: str) -> int:
    return command.main([*arguments, "--seconds", "0.01"])


def test_a_library_that_forgets_an_event_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
    """Whether message 3 is published, and comes to each stage once, followed by others."""
    calm = not shape.failing and not any(stage.rewinds or stage.before for stage in shape.stages)
    return calm and shape.messages >= 4 * shape.producers


def test_a_producer_without_an_error_for_a_death_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ring is closed without the name of the dead consumer."""

    def silent(self: Any, failure: BaseException) -> None:
        self._failure = failure
        self._ring.close()

    monkeypatch.setattr(EventProcessor, "_fail", silent)
    seed = next(
        seed
        for seed, case in enumerate(CASES)
        if case.place == "on_event" and case.severity is Severity.INTERRUPT
    )
    assert run_command("--faults", "--seed", str(seed)) == 1
    out = capsys.readouterr().out
    assert "Wrong: a producer got RingBufferClosedError" in out
    assert f"again: python -m tests.stress --faults --seed {seed} --rounds 1" in out


def test_a_success_is_not_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("--topologies", "--faults", "--seed", "3", "--rounds", "2") == 0
    out = capsys.readouterr().out
    assert "topologies: 2 rounds" in out
    assert "faults: 2 rounds" in out
    assert "lost 0, doubled 0, phantoms 0, reordered 0, torn 0, early 0, stuck 0" in out


def test_a_forbidden_outcome_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Litmus(
        "a race",
        "x = 1  |  x = 2",
        cells(1),
        (store(0, 1), store(0, 2)),
        clear,
        (acceptable("another", "none"),),
    )
    monkeypatch.setattr(catalogue, "RACES", (wrong,))
    monkeypatch.setattr(catalogue.verdicts, "__defaults__", ((wrong,),))
    assert run_command("--litmus", "--brief") == 1
    out = capsys.readouterr().out
    assert "FORBIDDEN: a race, atomics, plain moves" in out
    assert "no row foresees it" in out


def test_a_wrong_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--seconds", "0"])
    assert ended.value.code == 2
    assert "seconds must be a positive number" in capsys.readouterr().err
