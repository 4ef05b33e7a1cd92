"""The account of a run: threads against steps, as a table."""

from collections.abc import Sequence
from typing import Final

from ringbuffer.testing.outcomes import Step

#: The widest column of a table of steps.
WIDEST: Final = 34


def table(steps: Sequence[Step]) -> str:
    """Threads against steps: a column for each thread, a row for each step, time goes down."""
    tasks = list(dict.fromkeys(step.task for step in steps))
    shown = _short(tasks)
    names = [shown[task] for task in tasks]
    cells = [(shown[step.task], describe(step)) for step in steps]
    widths = {
        name: min(WIDEST, max(len(name), *(len(text) for task, text in cells if task == name)))
        for name in names
    }
    rows = ["  ".join(["    ", *(name.ljust(widths[name]) for name in names)]).rstrip()]
    rows += [
        "  ".join(
            [f"{number:4}", *((text if name == task else "").ljust(widths[name]) for name in names)]
        ).rstrip()
        for number, (task, text) in enumerate(cells, 1)
    ]
    return "\n".join(rows)


def _short(names: Sequence[str]) -> dict[str, str]:
    """Names of handlers without the functions in which they are defined, unless two become one."""
    short = {name: name.rpartition(".<locals>.")[2] for name in names}
    return short if len({*short.values()}) == len(short) else {name: name for name in names}


def describe(step: Step) -> str:
    """A step, in a few words."""
    match step.kind, step.value:
        case "load", value:
            return f"{step.where} = {value}"
        case "store", value:
            return f"{step.where} := {value}"
        case (("store late" | "write late" | "written late"), value):
            return f"late: {step.where} := {value}"
        case "step", (what, _):
            return str(what)
        case "drain", value:
            return f"drain: {step.where} := {value}"
        case "compare_and_set", (expected, desired, True):
            return f"{step.where}: {expected} -> {desired}"
        case "compare_and_set", (expected, desired, _):
            return f"{step.where}: no {expected} -> {desired}"
        case (("exchange" | "fetch_add"), (before, after)):
            return f"{step.where}: {before} -> {after}"
        case (("lock" | "unlock" | "sleep" | "notify" | "set"), _):
            return f"{step.kind} {step.where}"
        case _:
            return f"{step.kind} {step.where} {'' if step.value is None else step.value}".strip()
