"""A counterexample of TLC as a table: threads against steps.

Every model keeps where its threads are in one function, `pc` (or `at`). The thread whose entry a step changes made that step.
"""

import re
from dataclasses import dataclass, field

_STATE = re.compile(r"^State (\d+): (?:<(\w+)|(Stuttering)|(.*))", re.MULTILINE)
_BACK = re.compile(r"^Back to state (\d+)", re.MULTILINE)
_VARIABLE = re.compile(r"^(?:/\\ )?(\w+) = ", re.MULTILINE)
_ENTRY = re.compile(r"(\w+) \|-> (\"[^\"]*\"|-?\w+)|\(\"?(\w+)\"? :> (\"[^\"]*\"|-?\w+)|\"?(\w+)\"? :> (\"[^\"]*\"|-?\w+)")


@dataclass
class Step:
    """One state, and the action that led to it."""

    number: int
    action: str
    variables: dict[str, str] = field(default_factory=dict)


def steps_of(output: str) -> list[Step]:
    """The states of the counterexample in what TLC printed, in order; none if it has printed none."""
    found = list(_STATE.finditer(output))
    steps = []
    for position, match in enumerate(found):
        stop = found[position + 1].start() if position + 1 < len(found) else len(output)
        body = re.split(r"^(?:Back to|Finished|\d+ states|Error|The )", output[match.end() : stop], flags=re.MULTILINE)[0]
        names = list(_VARIABLE.finditer(body))
        variables = {
            name[1]: " ".join(body[name.end() : names[at + 1].start() if at + 1 < len(names) else len(body)].split())
            for at, name in enumerate(names)
        }
        action = match[2] or match[3] or ("Init" if match[1] == "1" else str(match[4]).strip("<>"))
        steps.append(Step(int(match[1]), action, variables))
    return steps


def entries(function: str) -> dict[str, str]:
    """`[p |-> "a", q |-> 3]`, or `<<1, 2>>`, as a dictionary."""
    if function.startswith("<<"):
        return {str(number): item.strip() for number, item in enumerate(function[2:-2].split(","), 1)}
    found = (tuple(filter(None, match)) for match in _ENTRY.findall(function))
    return {name: value.strip('"') for name, value in found}


def table(output: str) -> str:
    """Threads against steps: who did what, and what changed by it."""
    steps = steps_of(output)
    if not steps:
        return "TLC printed no states"
    where = "pc" if "pc" in steps[0].variables else "at"
    threads = list(entries(steps[0].variables.get(where, "")))
    rows = [["step", *threads, "what changed"]]
    for before, after in zip([steps[0], *steps], steps, strict=False):
        old, new = entries(before.variables.get(where, "")), entries(after.variables.get(where, ""))
        moved = [thread for thread in threads if new and old.get(thread) != new.get(thread)]
        cells = [after.action if thread in moved[:1] else "" for thread in threads]
        changed = [
            f"{name} = {value}"
            for name, value in after.variables.items()
            if name not in (where, "local") and before.variables.get(name) != value
        ]
        if not moved and after.number > 1:
            changed.insert(0, f"({after.action})")
        rows.append([str(after.number), *cells, "; ".join(changed)])
    back = _BACK.search(output)
    if back:
        rows.append(["", *[""] * len(threads), f"… and again from step {back[1]}, for ever"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(threads) + 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
