"""`python -m benchmarks gates`: measure and check the gates, and print each figure.

Gates that failed are measured once more.
"""

import contextlib
from collections.abc import Sequence

from benchmarks.abandon import abandon
from benchmarks.deterministic import MEASURES
from benchmarks.gates import Gate, Verdict, judge, judge_deterministic, needed
from benchmarks.machine import describe
from benchmarks.scenarios import load
from ringbuffer.programs.bench.results import Results
from ringbuffer.programs.bench.runner import Settings, run_scenario
from ringbuffer.programs.progress_line import Progress


def check_gates(
    gates: Sequence[Gate],
    settings: Settings,
    *,
    factor: float = 1.0,
    progress: Progress,
    saved: Results | None = None,
) -> bool:
    """Check all of them, print each with its figure, and say whether all hold.

    Args:
        gates: which ones.
        settings: how to measure.
        factor: see `judge`.
        progress: shows what is being done.
        saved: what was measured already; nothing is measured then.
    """
    of_scenarios = [gate for gate in gates if gate.scenario]
    verdicts = [_deterministic(gate, progress) for gate in gates if gate.deterministic]
    for name in needed(of_scenarios):
        those = [gate for gate in of_scenarios if gate.scenario == name]
        verdicts += _with_a_retry(those, settings, factor, progress, saved)
    progress.clear()
    for verdict in verdicts:
        print(verdict.line())
    failed = [verdict for verdict in verdicts if not verdict.passes]
    print(f"{len(verdicts) - len(failed)} of {len(verdicts)} gates pass")
    return not failed


def measure(gates: Sequence[Gate], settings: Settings, progress: Progress) -> Results:
    """Run only the contenders that the gates compare.

    A gate whose scenario cannot be loaded fails.
    """
    results = Results(describe(), {"runs": settings.runs, "seconds": settings.seconds})
    for name, contenders in needed(gates).items():
        with contextlib.suppress(ImportError):
            results.scenarios.append(
                run_scenario(
                    load(name), settings, only=contenders, tell=progress.tell, abandon=abandon
                )
            )
    return results


def _with_a_retry(
    gates: Sequence[Gate],
    settings: Settings,
    factor: float,
    progress: Progress,
    saved: Results | None,
) -> list[Verdict]:
    results = measure(gates, settings, progress) if saved is None else saved
    verdicts = [judge(gate, results, factor=factor) for gate in gates]
    failed = [verdict.gate for verdict in verdicts if not verdict.passes]
    if not failed or saved is not None:
        return verdicts
    again = measure(failed, settings, progress)
    return [
        verdict if verdict.passes else judge(verdict.gate, again, factor=factor)
        for verdict in verdicts
    ]


def _deterministic(gate: Gate, progress: Progress) -> Verdict:
    progress.tell(gate.name)
    return judge_deterministic(gate, MEASURES[gate.deterministic]())
