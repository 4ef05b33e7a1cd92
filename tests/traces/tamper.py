"""Tampered traces: an entry of a genuine one is dropped, doubled, changed, or swapped.

A change is used only if its result can never be a behaviour. A load that is doubled can be one: a
thread that has looked may look again.
"""

from collections.abc import Iterator

from tests.traces.entries import Entry, Trace

#: More than anything in a trace can be.
FAR = 1_000_000

#: Swapped with the next one, these may be a behaviour: two loads in another order.
LOADS = (
    *(
        "load cursor",
        "load limit",
        "load sequence",
        "load flag",
        "load work",
        "load done",
        "load busy",
        "load alert",
    ),
    *("not swapped cursor", "not swapped work", "not swapped done", "start again"),
)


def tampered(trace: Trace) -> Iterator[tuple[str, Trace]]:
    """Every such change of a trace of a run that came to its end, and what it is."""
    assert trace.is_whole, "the end of a log can be dropped from a trace that breaks off"
    for thread, log in trace.logs.items():
        for number, entry in enumerate(log):
            for kind, changed in _changes(log, number):
                words = f"{thread}: {kind} {number}, {entry.what} {entry.of} {entry.value}"
                yield words, trace._replace(logs={**trace.logs, thread: changed})


def _changes(log: list[Entry], number: int) -> Iterator[tuple[str, list[Entry]]]:
    entry, before, after = log[number], log[:number], log[number + 1 :]
    if entry.what == "start again":
        return
    if entry.what != "read slot":  # where reading begins, nothing is read yet
        yield "changed", [*before, entry._replace(value=entry.value + FAR), *after]
    if entry.what in LOADS:
        return
    yield "dropped", before + after
    yield "doubled", [*before, entry, entry, *after]
    if after and after[0].what not in LOADS and after[0] != entry:
        yield "swapped", [*before, after[0], entry, *after[1:]]
