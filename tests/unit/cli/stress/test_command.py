"""`ringbuffer stress`: what it prints, what it finds, and what its exit code says."""

import itertools
import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from ringbuffer.cli import stress
from ringbuffer.cli.main import main
from ringbuffer.programs.stress.ledger import Account
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.shape import Shape, shape_of
from ringbuffer.programs.stress.watch import Stuck

type Round = Callable[[Shape, Counter[str]], Account]


@pytest.fixture
def each_round(monkeypatch: pytest.MonkeyPatch) -> Callable[[Round], None]:
    """Has the command run this instead of a topology."""
    return lambda run: monkeypatch.setattr(stress, "run_once", run)


def fine(shape: Shape, counts: Counter[str]) -> Account:
    counts["published"] += 2
    return Account(events=3)


def test_real_rounds_are_right_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "--seed", "3", "--rounds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "seed 3" in lines[0]
    assert lines[1].startswith("2 rounds in ")
    assert "0 lost, 0 doubled, 0 phantoms, 0 reordered, 0 torn, 0 early, 0 stuck" in lines
    assert lines[-1] == "every event is accounted for"


def test_the_result_is_reported_as_json(
    each_round: Callable[[Round], None], capsys: pytest.CaptureFixture[str]
) -> None:
    each_round(fine)
    assert main(["stress", "--seed", "5", "--rounds", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["rounds"], told["handled"], told["counts"]) == (
        5,
        4,
        12,
        {"published": 8},
    )
    assert told["passed"] is True
    assert told["failure"] is None
    assert set(told["wrong"].values()) == {0}


def test_the_rounds_have_the_seeds_from_the_given_one_on(
    each_round: Callable[[Round], None],
) -> None:
    seen: list[int] = []

    def note(shape: Shape, counts: Counter[str]) -> Account:
        seen.append(shape.seed)
        return Account()

    each_round(note)
    assert main(["stress", "--seed", "70", "--rounds", "3"]) == 0
    assert seen == [70, 71, 72]


def test_however_little_time_there_is_one_round_is_run(
    each_round: Callable[[Round], None], capsys: pytest.CaptureFixture[str]
) -> None:
    each_round(fine)
    assert main(["stress", "--seconds", "1e-9"]) == 0
    assert "1 rounds in " in capsys.readouterr().out


# -- faults that must be found --------------------------------------------------------------------


def plain(shape: Shape) -> bool:
    """Whether each stage sees each event once, and they are events that are filled in place."""
    calm = not shape.failing and not any(
        stage.rewinds or stage.before or stage.faults for stage in shape.stages
    )
    return calm and not shape.values and shape.messages >= 4 * shape.producers


def seeds(holds: Callable[[Shape], bool]) -> Iterator[int]:
    return (seed for seed in itertools.count() if holds(shape_of(seed)))


@pytest.fixture
def one_fill(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[Message, int, int], None]], None]:
    """Has the ring hold, for one event in the run, something else than what was published."""
    fill, once_only = Message.fill, threading.Lock()

    def replace(wrong: Callable[[Message, int, int], None]) -> None:
        def broken(self: Message, producer: int, number: int) -> None:
            fill(self, producer, number)
            if number == 3 and once_only.acquire(blocking=False):
                wrong(self, producer, number)

        monkeypatch.setattr(Message, "fill", broken)

    return replace


def test_a_ring_that_loses_an_event_is_found(
    one_fill: Callable[[Callable[[Message, int, int], None]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The slot still holds the message before it when its consumers come."""

    def stale(message: Message, producer: int, number: int) -> None:
        message.fill(producer, number - 1)

    one_fill(stale)
    seed = next(seeds(plain))
    assert main(["stress", "--seed", str(seed), "--rounds", "1"]) == 1
    out = capsys.readouterr().out
    assert "every event is accounted for" not in out
    assert f"again: ringbuffer stress --seed {seed} --rounds 1" in out
    wrong = next(line for line in out.splitlines() if " lost, " in line)
    assert int(wrong.split()[0]) >= len(shape_of(seed).stages)
    assert ", 0 doubled" not in wrong


def test_a_torn_event_is_found(
    one_fill: Callable[[Callable[[Message, int, int], None]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def tear(message: Message, producer: int, number: int) -> None:
        message.payload ^= 1 << 40

    one_fill(tear)
    seed = next(seeds(plain))
    assert main(["stress", "--seed", str(seed), "--rounds", "1", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert told["failed_seed"] == seed
    assert told["wrong"]["torn"] >= 1
    assert told["wrong"]["lost"] == 0


def test_the_first_round_that_fails_is_the_last(
    each_round: Callable[[Round], None], capsys: pytest.CaptureFixture[str]
) -> None:
    each_round(lambda shape, counts: Account(events=1, lost=int(shape.seed == 12)))
    assert main(["stress", "--seed", "10", "--rounds", "9", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["rounds"], told["failed_seed"], told["wrong"]["lost"]) == (3, 12, 1)


@pytest.mark.parametrize(
    ("error", "stuck"),
    [(Stuck("producer 0 found no free capacity"), 1), (ZeroDivisionError("mine"), 0)],
)
def test_a_round_that_breaks_down_fails_the_command(
    error: Exception,
    stuck: int,
    each_round: Callable[[Round], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def breaks(shape: Shape, counts: Counter[str]) -> Account:
        raise error

    each_round(breaks)
    assert main(["stress", "--rounds", "2", "--json"]) == 1
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["failure"] == f"{type(error).__name__}: {error}"
    assert told["wrong"]["stuck"] == stuck
    assert "Traceback" in captured.err


# -- Ctrl-C and wrong command lines ---------------------------------------------------------------


def interrupting(times: int, account: Account) -> Round:
    def run(shape: Shape, counts: Counter[str]) -> Account:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return account

    return run


def test_ctrl_c_ends_it_after_the_round_and_reports(
    each_round: Callable[[Round], None], capsys: pytest.CaptureFixture[str]
) -> None:
    each_round(interrupting(1, Account(events=7)))
    assert main(["stress", "--rounds", "5"]) == 130
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("1 rounds in ")
    assert lines[-1] == "interrupted: until then every event is accounted for"


def test_an_error_before_ctrl_c_is_still_a_failure(
    each_round: Callable[[Round], None],
) -> None:
    each_round(interrupting(1, Account(torn=1)))
    assert main(["stress", "--rounds", "5"]) == 1


def test_a_second_ctrl_c_aborts(
    each_round: Callable[[Round], None], capsys: pytest.CaptureFixture[str]
) -> None:
    each_round(interrupting(2, Account()))
    assert main(["stress", "--seed", "4"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "ringbuffer stress: aborted; the seed was 4\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seconds", "0"], "a positive number of seconds is needed, not '0'"),
        (["--rounds", "0"], "a whole number of 1 or more is needed, not '0'"),
        (["--seed", "-1"], "a whole number of 0 or more is needed, not '-1'"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["stress", *arguments])
    assert refusal.value.code == 2
    assert says in capsys.readouterr().err
