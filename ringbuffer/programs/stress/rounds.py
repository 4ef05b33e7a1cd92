"""Rounds of stress, one after the other, until something is wrong or the time is over."""

import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ringbuffer.programs.stress.ledger import Account
from ringbuffer.programs.stress.watch import Stuck


class Seeded(Protocol):
    """What a round does; its seed alone decides it."""

    @property
    def seed(self) -> int:
        """What it was drawn from."""
        ...


@dataclass
class RoundsResult:
    """What the rounds came to.

    Attributes:
        account: of all of them together.
        counts: what was done.
        rounds: how many were run.
        seconds: how long they took.
        failure: what is wrong with the last of them, in a line.
        failed: the seed and the shape of that one.
    """

    account: Account = field(default_factory=Account)
    counts: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    seconds: float = 0.0
    failure: str | None = None
    failed: tuple[int, str] | None = None


def run_rounds[S: Seeded](
    shape_of: Callable[[int], S],
    run: Callable[[S, Counter[str]], Account],
    seed: int,
    seconds: float,
    number: int | None = None,
    *,
    tell: Callable[[str], object] = lambda line: None,
    go_on: Callable[[], bool] = lambda: True,
) -> RoundsResult:
    """Run them; the first that fails is the last.

    Args:
        shape_of: the shape of a seed.
        run: one round; adds to the counts what was done.
        seed: of the first round; the next has the next.
        seconds: begin no further round after so long; one is run at least.
        number: so many rounds instead, however long they take.
        tell: gets a line after each round.
        go_on: asked after each round.
    """
    outcome, started = RoundsResult(), time.monotonic()
    while outcome.failure is None:
        shape = shape_of(seed + outcome.rounds)
        outcome.rounds += 1
        try:
            account = run(shape, outcome.counts)
        except Exception as error:
            account = Account(stuck=int(isinstance(error, Stuck)))
            outcome.failure = f"{type(error).__name__}: {error}"
            traceback.print_exc()
        else:
            if account.faults:
                outcome.failure = str(account)
        if outcome.failure is not None:
            outcome.failed = shape.seed, str(shape)
        outcome.account.add(account)
        outcome.counts["events"] += account.events
        outcome.seconds = time.monotonic() - started
        tell(
            f"{outcome.rounds:,} rounds, {outcome.counts['events']:,} events, "
            f"{outcome.seconds:.0f} s"
        )
        if not go_on() or (
            outcome.seconds >= seconds if number is None else outcome.rounds >= number
        ):
            break
    return outcome
