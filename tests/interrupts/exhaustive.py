"""Every point of a call, one after the other, each on fresh objects."""

import datetime
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from tests.interrupts.call import Call
from tests.interrupts.hosts import BlockingHost, SleepingHost
from tests.interrupts.limits import Wedged, within
from tests.interrupts.points import KINDS, Point, Points

#: More than any call has: a loop that never ends has more.
MOST = 20_000


@dataclass(slots=True)
class Finding:
    """What one interrupt has done that it must not do."""

    point: Point | None
    text: str

    def __str__(self) -> str:
        return (
            f"at {self.point}: {self.text}"
            if self.point is not None
            else f"without an interrupt: {self.text}"
        )


@dataclass(slots=True)
class Result:
    """What became of one call.

    Attributes:
        points: how many there are.
        tried: at how many of them an interrupt was raised.
        findings: what was wrong.
        wedged: how often a call or its check did not end.
    """

    name: str
    points: int = 0
    tried: int = 0
    findings: list[Finding] = field(default_factory=list)
    wedged: int = 0


def todays_offset() -> int:
    """Returns which points a run tries that tries only some: others each day."""
    return datetime.datetime.now(datetime.UTC).toordinal()


def explore(
    call: Call[Any],
    *,
    every: int = 1,
    offset: int = 0,
    most_findings: int = 5,
    kinds: Collection[str] = KINDS,
    tell: Callable[[str], object] = lambda text: None,
) -> Result:
    """Interrupt a call at each point of some kinds, or at each `every`-th from `offset` on."""
    result = Result(call.name)
    blocked = frozenset({"waits"})
    for which in (frozenset(kinds) - blocked, blocked & frozenset(kinds)):
        if which:
            with Points(kinds=which) as points:
                _explore(call, points, which == blocked, result, every, offset, most_findings, tell)
    return result


def _explore(
    call: Call[Any],
    points: Points,
    only_blocked: bool,
    result: Result,
    every: int,
    offset: int,
    most_findings: int,
    tell: Callable[[str], object],
) -> None:
    _try(call, points, only_blocked, None, result)
    total = points.count
    if result.findings:
        return
    number = offset % every
    # Where only some points are tried, the first run says how many there are: another run would
    # only say so again. Ends when a run has fewer points than the one that is due.
    most = MOST if every == 1 else total
    while number < most:
        came = _try(call, points, only_blocked, number, result)
        if not came:
            break
        result.tried += 1
        tell(f"{call.name}: {number + 1} of about {total}")
        if len(result.findings) >= most_findings or result.wedged >= 2:
            break
        number += every
    # Where threads decide the path, some runs have more points than the first.
    result.points += max(total, number)


def _try(
    call: Call[Any], points: Points, only_blocked: bool, at: int | None, result: Result
) -> bool:
    """One run, with an interrupt at a point, if the call comes there; whether it did."""
    host = BlockingHost(points) if only_blocked else SleepingHost()
    ignored: list[BaseException | None] = []
    raised: Point | None = None
    hook, sys.unraisablehook = (
        sys.unraisablehook,
        lambda unraisable: ignored.append(unraisable.exc_value),
    )
    try:
        subject = within(call.limit, f"{call.name}: make", lambda: call.make(host))

        def interrupted() -> bool | None:
            points.begin(at)
            try:
                call.call(subject)
                return True
            except points.interrupt:
                return None
            finally:
                points.end()

        def run() -> bool | None:
            happened = interrupted()
            if call.then is not None:
                call.then(subject)
            return happened

        happened = within(call.limit, call.name, run)
        raised = points.raised
        if (
            raised is not None
            and happened
            and not any(isinstance(each, points.interrupt) for each in ignored)
        ):
            raise AssertionError("the interrupt was swallowed")
        within(
            call.limit,
            f"{call.name}: check",
            lambda: call.check(subject, True if happened else None),
        )
    except Wedged as error:
        result.wedged += 1
        result.findings.append(Finding(points.raised, str(error)))
    except BaseException as error:
        result.findings.append(Finding(points.raised, f"{type(error).__name__}: {error}"))
    finally:
        points.end()
        sys.unraisablehook = hook
    return points.raised is not None
