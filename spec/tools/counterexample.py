"""`table`: a counterexample of TLC as a table of threads against steps.

Every model keeps the places of its threads in one function, `pc` or `at`. A step belongs to the
thread whose entry it changes.
"""

import re
from dataclasses import dataclass, field

_STATE = re.compile(r"^State (\d+): (?:<(\w+)|(Stuttering)|(.*))", re.MULTILINE)
_BACK = re.compile(r"^Back to state (\d+)", re.MULTILINE)
_VARIABLE = re.compile(r"^(?:/\\ )?(\w+) = ", re.MULTILINE)
_ENTRY = re.compile(r'"?(\w+)"? (?:\|->|:>) ("[^"]*"|-?\w+)')
_END = re.compile(r"^(?:Back to|Finished|\d+ states|Error|The )", re.MULTILINE)


@dataclass
class TracedState:
    """A state of a counterexample.

    Attributes:
        number: its place in the counterexample, from 1 on.
        action: the action that led to it.
        variables: the text of each variable.
    """

    number: int
    action: str
    variables: dict[str, str] = field(default_factory=dict)


def states_of(output: str) -> list[TracedState]:
    """Returns the states of the counterexample that TLC printed, in order, if there is one."""
    found = list(_STATE.finditer(output))
    ends = [match.start() for match in found[1:]] + [len(output)]
    states = []
    for match, end in zip(found, ends, strict=False):
        body = _END.split(output[match.end() : end])[0]
        _, *parts = _VARIABLE.split(body)
        variables = {
            name: " ".join(value.split())
            for name, value in zip(parts[::2], parts[1::2], strict=True)
        }
        initial = "Init" if match[1] == "1" else str(match[4]).strip("<>")
        states.append(TracedState(int(match[1]), match[2] or match[3] or initial, variables))
    return states


def entries(function: str) -> dict[str, str]:
    """Returns a function that TLC printed, `[p |-> "a"]` or `<<1, 2>>`, as a dictionary."""
    if function.startswith("<<"):
        items = function[2:-2].split(",")
        return {str(number): item.strip() for number, item in enumerate(items, 1)}
    return {name: value.strip('"') for name, value in _ENTRY.findall(function)}


def table(output: str) -> str:
    """Returns the table: a row a step, with its thread, its action, and what it changed."""
    states = states_of(output)
    if not states:
        return "TLC printed no states"
    where = "pc" if "pc" in states[0].variables else "at"
    threads = list(entries(states[0].variables.get(where, "")))
    rows = [["step", *threads, "what changed"]]
    for before, after in zip([states[0], *states], states, strict=False):
        old, new = (entries(each.variables.get(where, "")) for each in (before, after))
        moved = [thread for thread in threads if new and old.get(thread) != new.get(thread)]
        changed = [
            f"{name} = {value}"
            for name, value in after.variables.items()
            if name not in (where, "local") and before.variables.get(name) != value
        ]
        if not moved and after.number > 1:
            changed.insert(0, f"({after.action})")
        cells = [after.action if thread in moved[:1] else "" for thread in threads]
        rows.append([str(after.number), *cells, "; ".join(changed)])
    back = _BACK.search(output)
    if back:
        rows.append(["", *[""] * len(threads), f"… and again from step {back[1]}, forever"])
    *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
