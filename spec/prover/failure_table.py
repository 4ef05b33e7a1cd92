"""`table`: a counterexample to induction, as a table of threads, and the step from there."""

from collections.abc import Iterator

from spec.prover.context import State
from spec.prover.induction_failure import InductionFailure
from spec.prover.terms import Scalar, Sort
from spec.prover.values import Function, Set, Value

#: What a thread has not got.
_NOTHING = ""


def table(failure: InductionFailure) -> str:
    """Returns the table, in the words of the module."""
    state, after, violated = failure.state, failure.after, failure.violated
    lines = [f"within {' '.join(failure.instance.split())}", ""]
    lines += _threads(state)
    lines += [
        f"{name} = {shown(value)}" for name, value in state.items() if not _is_by_thread(value)
    ]
    lines.append("")
    if after is not None:
        lines.append(f"the step {failure.action}")
        lines += [f"    {change}" for change in _changes(state, after)]
    place = violated.node.place
    where = f"{violated.name}, {place.path.name}, line {place.line}"
    if failure.action is not None:
        lines.append(f"after it, this does not hold: {where}")
    elif state is failure.theory.first:
        lines.append(f"in this first state, this does not hold: {where}")
    else:
        lines.append(f"Inv holds, but not what should follow: {where}")
    return "\n".join(lines)


def _is_by_thread(value: Value) -> bool:
    return isinstance(value, Function) and value.domain.sort == Sort.ATOM


def _threads(state: State) -> list[str]:
    """Returns a column for each thread, and a row for each thing that threads have."""
    rows: dict[str, dict[Scalar, str]] = {}
    for name, value in state.items():
        if isinstance(value, Function) and _is_by_thread(value):
            for thread, part in (value.table or {}).items():
                if isinstance(part, dict):
                    for field, each in part.items():
                        rows.setdefault(f"{name}.{field}", {})[thread] = shown(each)
                else:
                    rows.setdefault(name, {})[thread] = shown(part)
    threads = sorted({thread for row in rows.values() for thread in row}, key=str)
    cells = [["", *map(str, threads)]]
    cells += [[name, *(row.get(each, _NOTHING) for each in threads)] for name, row in rows.items()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:], ""]


def _changes(before: State, after: State) -> Iterator[str]:
    for name in before:
        yield from _change(name, before[name], after[name])


def _change(name: str, old: Value, new: Value) -> Iterator[str]:
    match old, new:
        case Function(table=dict() as was), Function(table=dict() as now):
            for item in was:
                yield from _change(f"{name}[{item}]", was[item], now[item])
        case dict(), dict():
            for field in old:
                yield from _change(f"{name}.{field}", old[field], new[field])
        case _ if shown(old) != shown(new):
            yield f"{name}: {shown(old)} -> {shown(new)}"


def shown(value: Value) -> str:
    """Returns a known value as text."""
    match value:
        case Function(table=dict() as table):
            return "[" + ", ".join(f"{item}: {shown(each)}" for item, each in table.items()) + "]"
        case Set():
            return "{" + ", ".join(map(str, value.known() or ())) + "}"
        case dict():
            return "[" + ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) + "]"
        case bool():
            return str(value).upper()
    return str(value)
