"""`table`: a counterexample of TLC as a table of threads against steps.

Every model keeps the places of its threads in one function, `pc` or `at`. A step belongs to the
thread whose entry it changes there, or else in another function of the threads, such as `local`. A
step that changes no such entry is one of another thread, which has no place; it has a column, too.
"""

import itertools
import re
import textwrap
from dataclasses import dataclass, field
from typing import Final

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


#: The column of the steps of threads without a place, such as the producers of a work pool.
OTHER: Final = "(other)"
_NARROWEST: Final = 20


def parts(function: str) -> dict[str, str]:
    """Returns a function as `entries` does; its values may be of any kind."""
    text, found, depth, begin = function.strip("[]() "), [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "[({<") - (character in "])}>" and text[place - 1] not in "-:")
        if depth == 0 and (character == "," or text[place : place + 2] == "@@"):
            found.append(text[begin:place])
            begin = place + (1 if character == "," else 2)
    pairs = (re.split(r" (?:\|->|:>) ", each, maxsplit=1) for each in [*found, text[begin:]])
    return {pair[0].strip(' "'): pair[1].strip() for pair in pairs if len(pair) == 2}


def thread_of(before: TracedState, after: TracedState, where: str, threads: list[str]) -> str:
    """Returns the thread whose step led from one state to the other, or `OTHER`."""
    names = [where, *(each for each in after.variables if each != where)]
    for name in names:
        old, new = before.variables.get(name, ""), after.variables.get(name, "")
        read = entries if name == where else parts
        first, second = read(old), read(new)
        if list(second) == threads:
            moved = [each for each in threads if first.get(each) != second[each]]
            if len(moved) == 1 or (moved and name == where):
                return moved[0]
    return OTHER


def table(output: str, width: int = 1000) -> str:
    """Returns the table: a row a step, with its thread, its action, and what it changed.

    Args:
        output: what TLC printed.
        width: the columns of the terminal; what changed is broken into lines that fit.
    """
    states = states_of(output)
    if not states:
        return "TLC printed no states"
    where = "pc" if "pc" in states[0].variables else "at"
    threads = list(entries(states[0].variables.get(where, "")))
    steps = list(itertools.pairwise(states))
    movers = [thread_of(*step, where, threads) for step in steps]
    is_a_step = [after.action != "Stuttering" for _, after in steps]
    if any(each == OTHER and real for each, real in zip(movers, is_a_step, strict=True)):
        threads.append(OTHER)
    rows = [["step", *threads, "what changed"], [str(states[0].number), *[""] * len(threads), ""]]
    for (before, after), mover in zip(steps, movers, strict=True):
        changed = [
            f"{name} = {value}"
            for name, value in after.variables.items()
            if name not in (where, "local") and before.variables.get(name) != value
        ]
        if after.action == "Stuttering":
            changed.insert(0, f"({after.action})")
            mover = ""
        cells = [after.action if thread == mover else "" for thread in threads]
        rows.append([str(after.number), *cells, "; ".join(changed)])
    back = _BACK.search(output)
    if back:
        rows.append(["", *[""] * len(threads), f"… and again from step {back[1]}, forever"])
    *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    room = max(_NARROWEST, width - sum(widths) - 2 * len(widths))
    lines = []
    for row in rows:
        for number, part in enumerate(textwrap.wrap(row[-1], room) or [""]):
            cells = row[:-1] if number == 0 else [""] * len(widths)
            lines.append("  ".join([*map(str.ljust, cells, widths), part]).rstrip())
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
