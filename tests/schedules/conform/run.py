"""Runs production code in lock-step with a model until every step was taken, and reports."""

import contextlib
import gc
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ringbuffer.testing.outcomes import EndlessRun, Pruned, RunFailure
from ringbuffer.testing.scheduler import Scheduler
from spec.mirrors.catalogue import mirror_of
from tests.schedules.conform.graph import Graph, Projection
from tests.schedules.conform.guide import Guide, LockStep
from tests.schedules.world import World

#: After so many runs in a row without anything new no more are tried.
VAIN: Final = 400
#: The most steps of a run; one that takes more is not a failure, but leads nowhere.
MAX_STEPS: Final = 20_000


class Pick(Protocol):
    """What a thread does where the model leaves it open: one of the options, see `Guide.pick`."""

    def __call__[T](self, options: Sequence[T], /, is_turn: bool = True) -> T: ...


@dataclass(frozen=True)
class Conformity:
    """Production code, a model of it, and how they go together.

    Attributes:
        name: of one word.
        module: of the model.
        constants: its bounds, as in a configuration.
        projection: what each step of the model is in the code.
        build: makes the threads of one run, which begins so.
        is_short: whether it is a part of the short exploration.
    """

    name: str
    module: str
    constants: str
    projection: Callable[[Any], Projection]
    build: Callable[[World, Projection, Any, Pick], None]
    is_short: bool = True

    def graph(self) -> Graph:
        return Graph(self.projection(mirror_of(self.module, self.constants)))


@dataclass
class Report:
    """What came of it.

    Attributes:
        edges: how many steps the model has.
        taken: how many of them the code has taken.
        excused: how many the code cannot take, by the reasons.
        left: those that are neither.
        error: a step of the code that is none of the model's, or some other failure.
    """

    conformity: Conformity
    runs: int = 0
    steps: int = 0
    states: int = 0
    edges: int = 0
    taken: int = 0
    excused: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    error: BaseException | None = None
    seconds: float = 0.0
    complete: bool = False


def run_once(graph: Graph, conformity: Conformity, seed: int) -> LockStep:
    """One run, from the beginning to where nothing new can be reached.

    Raises:
        RunFailure, or whatever the code raised: the two do not agree.
    """
    which = seed % len(graph.starts)
    lock_step = LockStep(graph, graph.starts[which])
    guide = Guide(graph, lock_step, seed)
    scheduler = Scheduler(guide, guided=True, max_steps=MAX_STEPS, early_timeouts=MAX_STEPS)
    scheduler.observers.append(lock_step)

    def pick[T](options: Sequence[T], is_turn: bool = True) -> T:
        return guide.pick(scheduler, options, is_turn)

    conformity.build(World(scheduler), graph.projection, graph.projection.beginnings[which], pick)
    with contextlib.suppress(Pruned, EndlessRun):
        scheduler.run()
    return lock_step


def conform(
    conformity: Conformity, seconds: float = 1e9, most_runs: int = 1_000_000, vain: int = VAIN
) -> Report:
    """Take the code to every step of the model that it can take, within so many seconds or runs.

    `seconds` are processor time of this process, so a machine that is busy with other things leaves
    no step out.

    After `vain` runs in a row without anything new there is nothing more to be found.
    """
    report = Report(conformity)
    started = time.process_time()
    graph = conformity.graph()
    gc.disable()
    try:
        edges, possible = graph.edges(), graph.possible()
        report.edges = len(edges)
        report.excused = graph.excuses(edges - possible)
        since, before = 0, 0
        while since < vain and not possible <= graph.taken:
            if report.runs >= most_runs or time.process_time() - started > seconds:
                break
            try:
                lock_step = run_once(graph, conformity, report.runs)
            except Exception as error:
                report.error = error
                break
            report.runs += 1
            report.steps += lock_step.steps
            since = since + 1 if len(graph.taken) == before else 0
            before = len(graph.taken)
            if report.runs % 100 == 0:
                gc.collect()
        left = possible - graph.taken
        report.complete = not left or since >= vain
        report.taken = len(graph.taken)
        report.states = len(
            {node for edge in edges for node in (graph.labels[edge][0], graph.labels[edge][2])}
        )
        report.left = [describe(graph, edge) for edge in sorted(left)[:20]]
        if report.error is None and graph.taken - possible:
            wrong = next(iter(graph.taken - possible))
            report.error = RunFailure(
                f"the code has taken a step that is excused: {describe(graph, wrong)}"
            )
    finally:
        gc.enable()
    report.seconds = time.process_time() - started
    return report


HEADER: Final = (
    f"{'':6} {'lock-step':16} {'runs':>6} {'steps':>9} {'states':>8} {'edges':>8} "
    f"{'taken':>8} {'excused':>8} {'time':>8}   model"
)


def line(report: Report, full: bool) -> str:
    """One model, in one line; below it why some of its steps are not taken, and what went wrong."""
    conformity = report.conformity
    verdict = "FAILED" if not is_well(report, full) else "ok" if report.complete else "time"
    lines = [
        f"{verdict:6} {conformity.name:16} {report.runs:>6,} {report.steps:>9,} "
        f"{report.states:>8,} {report.edges:>8,} {report.taken:>8,} "
        f"{report.excused.total():>8,} {report.seconds:>6.1f} s   "
        f"{conformity.module}: {conformity.constants}"
    ]
    lines += [
        f"{'':6} {count:>8,} excused: {reason}" for reason, count in report.excused.most_common()
    ]
    if report.error is not None:
        lines.append(f"{'':6} {type(report.error).__name__}: {report.error}")
    elif not is_well(report, full):
        lines += [f"{'':6} not taken: {step}" for step in report.left]
    return "\n".join(lines)


def is_well(report: Report, full: bool) -> bool:
    """Whether the code took only steps of the model; if `full`, every one that it can take."""
    return report.error is None and not (report.left and (full or report.complete))


def describe(graph: Graph, edge: int) -> str:
    """A step of the model, and where it is taken."""
    node, label, after = graph.labels[edge]
    before, then = graph.state(node), graph.state(after)
    (thread,) = (
        name
        for name, moves in graph.moves(node).items()
        if any(move.edge == edge for move in moves)
    )
    changed = {name: then[name] for name in before if before[name] != then[name] and name != "pc"}
    return f"{label} of {thread}, to {changed}, in {before}"
