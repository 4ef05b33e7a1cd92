"""A short round, whole, and what is put into it wrong is found."""

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.soak.command import main
from tests.soak.handlers import Handler
from tests.soak.message import Message
from tests.soak.noise import Noise
from tests.soak.plan import plan_of
from tests.soak.round import Round


def run(seed: int = 1, seconds: float = 0.3) -> Round:
    this = Round(plan_of(seed, 0, seconds), seconds)
    with Noise().listening() as noise:
        this.run(lambda round: None)
    assert noise.texts == []
    return this


def test_a_round_accounts_for_every_message() -> None:
    threads = threading.active_count()
    this = run()
    assert {lane: account.faults for lane, account in this.accounts.items()} == {
        lane: {} for lane in this.accounts
    }
    assert all(account.arrived > 0 for account in this.accounts.values())
    assert threading.active_count() <= threads


def test_a_handler_that_forgets_a_message_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    begins = Handler._begins
    forgotten: list[Message] = []

    def forgetful(handler: Handler, message: Message) -> Any:
        if not forgotten and type(message) is Message:
            forgotten.append(message)
            raise SystemExit
        return begins(handler, message)

    monkeypatch.setattr(Handler, "_begins", forgetful)
    this = run()
    assert forgotten
    assert any(account.faults for account in this.accounts.values())


def test_a_handler_that_gets_a_message_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Handler._ends
    twice: list[Message] = []

    def repeating(handler: Handler, message: Message) -> int:
        if not twice:
            twice.append(message)
            ends(handler, message)
            handler.ledger.arrives(message.producer, message.number)
        return ends(handler, message)

    monkeypatch.setattr(Handler, "_ends", repeating)
    this = run()
    assert sum(account.doubled for account in this.accounts.values()) == 1


def test_the_command_writes_a_report_and_says_how_to_run_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seconds", "1", "--seed", "5", "--report", str(tmp_path)]) == 0
    assert "soak: seed 5, 1 s" in capsys.readouterr().out
    text = (tmp_path / "report.md").read_text()
    assert text.startswith("# Soak report: passed")
    assert "--seed 5" in text
    assert {path.suffix for path in tmp_path.iterdir()} == {".md", ".json", ".svg"}
