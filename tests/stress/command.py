"""`python -m tests.stress`: run everything for a time, and account for it.

Exit code 0 if nothing was lost, doubled, reordered or torn, no thread was stuck, and no outcome was
forbidden; 1 if not; 2 for a wrong command; 130 if it was interrupted. A seed decides every shape:
round n has the shape of the seed + n, alone as well as in a long run. What the threads then do is
theirs.
"""

import argparse
import logging
import os
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Callable

from ringbuffer.programs.stress.ledger import Account
from ringbuffer.programs.stress.rounds import Seeded, run_rounds
from tests.conftest import FREE_THREADED, gil_is_on
from tests.stress.report import Report, machine
from tests.unit.regular_build.test_regular_build import PROJECT
from tools import regular_python

#: The parts, and each one's share of the time.
SHARES = {"litmus": 4, "topologies": 5, "faults": 5, "scenarios": 3, "gil": 3}
SAYS = {
    "litmus": "litmus tests of the memory layer",
    "topologies": "random topologies",
    "faults": "faults at every callback",
    "scenarios": "the scenarios of tests/stress/test_*.py",
    "gil": "topologies and faults under a regular build, if there is one",
}


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    parts = [part for part in SHARES if getattr(chosen, part)] or list(SHARES)
    if FREE_THREADED and gil_is_on():
        print(
            "the GIL is on under a free-threaded interpreter: unset PYTHON_GIL and -X gil",
            file=sys.stderr,
        )
        return 2
    logging.disable()  # the deaths are injected, and each is logged
    report = Report()
    print(f"stress: seed {chosen.seed}, {chosen.seconds:g} s, {machine()}", flush=True)
    started = time.monotonic()
    code = 0
    try:
        for part in parts:
            share = chosen.seconds * SHARES[part] / sum(SHARES[each] for each in parts)
            code |= _PARTS[part](report, share, chosen)
            if report.failures:
                break
    except KeyboardInterrupt:
        code = 130
    print(
        f"\nstress, seed {chosen.seed}: {time.monotonic() - started:.0f} s, {machine()}\n{report}",
        flush=True,
    )
    if report.account.stuck:
        os._exit(1)  # threads that are stuck would keep the interpreter from ending
    return code or int(not report.is_well)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress", description=__doc__, formatter_class=_Plain
    )
    parser.add_argument(
        "--seconds", type=_positive, default=60.0, help="for all parts together (default 60)"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=time.time_ns() % 1_000_000,
        help="of the first round (default: a new one)",
    )
    parser.add_argument(
        "--rounds", type=int, help="so many rounds of topologies or faults, however long they take"
    )
    parser.add_argument(
        "--brief", action="store_true", help="one line for each litmus test, not its table"
    )
    for part, says in SAYS.items():
        parser.add_argument(f"--{part}", action="store_true", help=f"only this: {says}")
    return parser


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Leaves the description as it is."""


def _positive(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"seconds must be a positive number, not {text}")
    return seconds


# -- parts ----------------------------------------------------------------------------------------


def _litmus(report: Report, seconds: float, chosen: argparse.Namespace) -> int:
    from tests.stress.litmus.catalogue import verdicts
    from tests.stress.litmus.grades import Grade

    for verdict in verdicts(seconds, chosen.seed):
        report.races += 1
        report.times += verdict.counts.total()
        report.interesting += verdict.count(Grade.INTERESTING)
        if not verdict.is_right:
            report.forbidden.append(f"{verdict.litmus.name}, {verdict.memory}")
        if chosen.brief and verdict.is_right:
            report.progress(f"litmus: {verdict.summary}")
        else:
            report.line(f"{verdict}\n")
    return 0


def _topologies(report: Report, seconds: float, chosen: argparse.Namespace) -> int:
    from ringbuffer.programs.stress.once import run
    from ringbuffer.programs.stress.shape import shape_of

    return rounds(report, "topologies", seconds, chosen, shape_of, run)


def _faults(report: Report, seconds: float, chosen: argparse.Namespace) -> int:
    from tests.stress.faults.cases import fault_of
    from tests.stress.faults.once import run

    return rounds(report, "faults", seconds, chosen, fault_of, run)


def rounds[S: Seeded](
    report: Report,
    part: str,
    seconds: float,
    chosen: argparse.Namespace,
    shape_of: Callable[[int], S],
    run: Callable[[S, Counter[str]], Account],
) -> int:
    """Rounds of one part until the time is over, one at least; the first that fails is the last."""
    outcome = run_rounds(
        shape_of,
        run,
        chosen.seed,
        seconds,
        chosen.rounds,
        tell=lambda line: report.progress(f"{part}: {line}"),
    )
    report.rounds[part] += outcome.rounds
    report.did.setdefault(part, Counter()).update(outcome.counts)
    report.account.add(outcome.account)
    if outcome.failure is None or outcome.failed is None:
        return 0
    seed, shape = outcome.failed
    report.failures.append(f"{part}: {outcome.failure}")
    report.line(f"{part} failed: {report.failures[-1]}\n  {shape}")
    report.line(f"  again: python -m tests.stress --{part} --seed {seed} --rounds 1")
    return 1


def _scenarios(report: Report, seconds: float, chosen: argparse.Namespace) -> int:
    """In a process of their own, which reports for itself."""
    report.line("scenarios:")
    environment = {
        "RINGBUFFER_STRESS_SECONDS": str(seconds),
        "RINGBUFFER_STRESS_SEED": str(chosen.seed),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--timeout", "0", "tests/stress"]
    return _child("scenarios", report, command, environment)


def _gil(report: Report, seconds: float, chosen: argparse.Namespace) -> int:
    """In another interpreter, whose threads are switched every 10 µs in some of the rounds."""
    python = None if not FREE_THREADED else regular_python.find()
    if python is None:
        report.line(
            "gil: no regular CPython 3.13 or newer was found; set RINGBUFFER_REGULAR_PYTHON to one"
        )
        return 0
    # Pytest and atomics' table of libpatomic serve any interpreter
    packages = sysconfig.get_path("purelib")
    report.line(f"gil: {python}")
    command = [
        python,
        "-m",
        "tests.stress",
        "--topologies",
        "--faults",
        "--seed",
        str(chosen.seed),
        "--seconds",
        str(seconds),
    ]
    return _child("gil", report, command, {"PYTHONPATH": f"{PROJECT}{os.pathsep}{packages}"})


def _child(part: str, report: Report, command: list[str], environment: dict[str, str]) -> int:
    done = subprocess.run(command, cwd=PROJECT, env=os.environ | environment, check=False)
    if done.returncode:
        report.failures.append(f"{part}: see above; exit code {done.returncode}")
    return int(done.returncode != 0)


_PARTS: dict[str, Callable[[Report, float, argparse.Namespace], int]] = {
    "litmus": _litmus,
    "topologies": _topologies,
    "faults": _faults,
    "scenarios": _scenarios,
    "gil": _gil,
}
