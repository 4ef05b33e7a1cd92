"""The parts of `make test` and of `make verify`."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.suite.part import ALL, OFTEN_WAITS, Count, Part

#: The test of the faults, which is a separate part: it starts processes side by side.
FAULTY: Final = "tests/unit/model/test_faults.py"
UNIT: Final = Path(__file__).resolve().parents[2] / "tests" / "unit"

#: The folders of tests/unit in groups. A folder that stands in none of them belongs to the group
#: "rest". The groups stand in the order of their processor time, the longest first: so no processor
#: is left without work for long at the end.
REST: Final = "rest"
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    REST: (),
    "interrupts": ("interrupts", "forks", "endings", "shortages"),
    "models": ("model", "schedules", "testing", "traces"),
    "processors": ("processors", "disruptor", "barrier", "wait"),
    "messaging": ("messaging",),
    "command line": ("cli", "setup", "reclaiming", "docs"),
    "producers": ("producer", "ring", "memory"),
    "prover": ("prover",),
}
#: The groups whose long tests are one part. The other groups are in the part "rest".
LONG: Final[Mapping[str, tuple[str, ...]]] = {
    "models": ("models",),
    "prover": ("prover",),
    "threads": ("processors", "interrupts", "producers"),
}

#: Of these, those that compare models and their mirrors, and run no threads.
REPEATING: Final = frozenset({"models", "prover"})

#: The folders of what uses cells directly.
OVER_NATIVE: Final = (
    "sequencer", "producer", "ring", "barrier", "wait", "processors", "readers", "queues",
)  # fmt: skip

PYTEST: Final = (
    Count("tests", r"^=.* (\d+) passed"),
    Count("skipped", r"^=.* (\d+) skipped"),
)
MODELS: Final = (
    Count("models", r"^ok +\w+ +[\d,]+ states"),
    Count("states", r"^ok +\w+ +([\d,]+) states"),
)
PROOFS: Final = (Count("obligations proven", r"^ok +\w+ +([\d,]+) obligations"),)
SECOND_SOLVER: Final = (
    Count("proofs", r"^(?:ok +\w+|skipped): "),
    Count("obligations proven by cvc5", r"^ok +\w+: ([\d,]+) obligations "),
)
MUTANTS: Final = (
    Count("mutants found", r"^killed "),
    Count("counterexamples to induction", r"^refuted "),
)
SCHEDULES: Final = (
    Count("explorations", r"^(?:ok|time|found) .* preemptions \d"),
    Count("schedules", r" preemptions \d+ +([\d,]+) "),
    Count("runs in lock-step", r"^(?:ok|time) +\S+ +([\d,]+) +[\d,]+ +[\d,]+ +[\d,]+ +[\d,]+ "),
)
LOCK_STEP: Final = (SCHEDULES[-1],)
FAULTS: Final = (Count("faults found", r"^found "),)
STRESS: Final = (
    Count("events", r"^events ([\d,]+)"),
    Count("litmus races", r"^litmus: ([\d,]+) races"),
)
SOAK: Final = (Count("messages", r"([\d,]+) messages published"),)
SHARED_SOAK: Final = (
    Count("sequences", r"^([\d,]+) sequences"),
    Count("kills", r"sequences, ([\d,]+) kills"),
)
INTERRUPTS: Final = (
    Count("interrupts", r"([\d,]+) tried;"),
    Count("at random", r"([\d,]+) at random moments"),
)
TRACES: Final = (Count("traces", r"^([\d,]+) runs, [\d,]+ states"),)


def folders() -> list[str]:
    """The folders of tests/unit."""
    return sorted(each.name for each in UNIT.iterdir() if (each / "__init__.py").exists())


def groups() -> dict[str, tuple[str, ...]]:
    """Each group with its folders; together they hold every folder once."""
    grouped = {folder for group in GROUPS.values() for folder in group}
    return {**GROUPS, REST: tuple(each for each in folders() if each not in grouped)}


def long_groups() -> dict[str, tuple[str, ...]]:
    """The folders of each part of the long unit tests; together they hold every folder once."""
    short = groups()
    named = {each for chosen in LONG.values() for each in chosen}
    chosen = {**LONG, REST: tuple(each for each in short if each not in named)}
    return {
        name: tuple(folder for each in some for folder in short[each])
        for name, some in chosen.items()
    }


def long_unit(name: str, group: Iterable[str]) -> Part:
    """A part that runs what `make test` leaves out of the unit tests of a group of folders."""
    # The tests by example, of which `make test` tries few, are marked `hypothesis` by its plugin.
    options = ("-m", "verify or hypothesis", "--hypothesis-profile=thorough", f"--ignore={FAULTY}")
    paths = (f"tests/unit/{each}" for each in group)
    command = ("-m", "pytest", *options, *paths)
    return Part(f"long unit {name}", command, PYTEST, OFTEN_WAITS, repeats=name in REPEATING)


def python(name: str, command: str, counts: tuple[Count, ...], *, repeats: bool = False) -> Part:
    """A part that runs `python -m` with a command that uses every processor."""
    return Part(name, ("-m", *command.split()), counts, ALL, repeats)


def unit(name: str, group: Iterable[str]) -> Part:
    """A part that runs the unit tests of a group of folders."""
    command = ("-m", "pytest", *(f"tests/unit/{each}" for each in group))
    return Part(f"unit {name}", command, PYTEST, OFTEN_WAITS)


def over_native() -> Iterator[Part]:
    """The parts that run what uses cells over native ones, if these were built."""
    if importlib.util.find_spec("ringbuffer_native") is None:
        return
    over = ("-m", "tests.over", "native")
    folders = (f"tests/unit/{each}" for each in OVER_NATIVE)
    yield Part("units over native cells", (*over, "pytest", *folders), PYTEST, OFTEN_WAITS)
    interrupts = ("tests.interrupts", "--every", "16", "--times", "10", "producer", "Queue")
    yield Part("interrupts over native cells", (*over, *interrupts), INTERRUPTS, ALL)


def test() -> list[Part]:
    """The parts of `make test`, the longest first; those that need all processors come last."""
    return [
        *(unit(name, group) for name, group in groups().items()),
        python("models", "spec check", MODELS),
        python("proofs", "spec prove", PROOFS),
        python("schedules", "tests.schedules explore", SCHEDULES),
        python("stress", "tests.stress --brief --seconds 6", STRESS),
    ]


def verify() -> list[Part]:
    """The parts of `make verify`; those that need all processors come last."""
    return [
        *(long_unit(name, group) for name, group in long_groups().items()),
        *over_native(),
        python("faults", f"pytest -m verify {FAULTY}", PYTEST),
        python("interrupts", "tests.interrupts --every 16 --times 10", INTERRUPTS),
        python("faults in schedules", "tests.schedules faults", FAULTS),
        python("schedules", "tests.schedules explore --rest", SCHEDULES, repeats=True),
        python("lock-step", "tests.schedules conform --full", LOCK_STEP, repeats=True),
        python("medium models", "spec check --medium", MODELS, repeats=True),
        python("second solver", "spec cvc5", SECOND_SOLVER, repeats=True),
        python("mutants", "spec mutants", MUTANTS, repeats=True),
        python("traces", "tests.traces", TRACES),
        python("stress", "tests.stress --seconds 60", STRESS),
        python("soak", "tests.soak --seconds 60", SOAK),
        python("shared soak", "tests.shared.soak --seconds 60", SHARED_SOAK),
    ]


SUITES: Final[Mapping[str, Callable[[], list[Part]]]] = {"test": test, "verify": verify}
