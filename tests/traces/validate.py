"""Ask TLC whether traces are behaviours of the models: one run for all with the same shape.

The module `Observed` is written for it. TLC starts once from each trace, and prints the number of
each that it has taken to the end of all its logs.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spec.folder import SPEC
from spec.tools.configuration import read
from spec.tools.tlc import TlcRun, TlcTools, run_tlc
from tests.traces.entries import Entry, Trace
from tests.traces.order import Before, before_stores
from tests.traces.shapes import CLOSER, GRAPHS, POOLS, WORKERS

#: Every producer that there may be; one that a run does not have has an empty log.
PRODUCERS: Final = ("p", "q", "r")

#: Entries in one definition: TLC takes long to parse a definition that is long.
PAGE: Final = 50

_ACCEPTED = re.compile(r'^<<"accepted", (\d+)>>', re.MULTILINE)
_FURTHEST = re.compile(r'^<<\s*"furthest",\s*\[(.*?)\],\s*"(\w*)"\s*>>', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """What TLC says of some traces.

    Attributes:
        accepted: for each, whether it is a behaviour of the model.
        states: that TLC has looked at.
        seconds: that it took.
    """

    accepted: list[bool]
    states: int
    seconds: float


def validate(traces: list[Trace], tools: TlcTools, *, in_any_order: bool = False) -> Verdict:
    """Ask TLC.

    Args:
        traces: of shapes that have module, size and graph in common.
        tools: TLC and Java.
        in_any_order: whether TLC tries every order, also those that can make no difference.

    Raises:
        AssertionError: TLC came to no verdict.
    """
    outcome = _run(traces, tools, ["Report"], in_any_order)
    accepted = {int(number) for number in _ACCEPTED.findall(outcome.output)}
    return Verdict(
        [number in accepted for number in range(1, len(traces) + 1)],
        outcome.states,
        outcome.seconds,
    )


def account(trace: Trace, tools: TlcTools) -> str:
    """How far TLC accepts a trace: the last step of each thread, >>>, and its next one."""
    outcome = _run([trace], tools, ["Progress"])
    places = _FURTHEST.findall(outcome.output)
    assert places, outcome.output
    found, turn = places[-1]
    at = {name: int(number) for name, number in re.findall(r"(\w+) \|-> (\d+)", found)}
    lines = [f"{trace.shape}: {sum(at.values())} of {trace.length} entries can be taken"]
    for thread, log in trace.logs.items():
        taken = at[thread]
        before = " ; ".join(map(_words, log[max(0, taken - 3) : taken]))
        following = " ; ".join(map(_words, log[taken : taken + 3])) or "(its end)"
        here = "  <-- no step of the model" if thread == turn else ""
        lines.append(f"  {thread:8} entry {taken:>5}: {before} >>> {following}{here}")
    if not turn:
        lines.append(
            "  no thread can continue: each would store out of turn, or load a missing value"
        )
    return "\n".join(lines)


def _words(entry: Entry) -> str:
    return f"{entry.what} {entry.of}: {entry.value}"


def _run(
    traces: list[Trace], tools: TlcTools, invariants: list[str], in_any_order: bool = False
) -> TlcRun:
    (module,) = {trace.shape.module for trace in traces}
    folder = Path(tempfile.mkdtemp(prefix="traces-"))
    try:
        for each in (*SPEC.modules.glob("*.tla"), *SPEC.traced.glob("*.tla")):
            shutil.copy(each, folder)
        (folder / "Observed.tla").write_text(observed(traces, in_any_order))
        path = folder / f"Traced{module}.cfg"
        path.write_text(_configuration(traces, invariants))
        outcome = run_tlc(read(path), tools, modules=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert outcome.error is None, outcome.error
    assert outcome.violated is None, outcome.output
    return outcome


def _configuration(traces: list[Trace], invariants: list[str]) -> str:
    ((module, size, graph),) = {
        (trace.shape.module, trace.shape.size, trace.shape.graph) for trace in traces
    }
    constants: dict[str, int | str] = {
        "Size =": size,
        # One more than there are: in the model, who has read the last one does not look for
        # another.
        "Events =": max(trace.shape.events for trace in traces) + 1,
    }
    if module == "WorkPool":
        constants["Workers ="] = f"{{{', '.join(map(_quoted, WORKERS))}}}"
        constants["Chunks ="] = f"{{{', '.join(map(str, range(1, POOLS[graph] + 1)))}}}"
        constants["Deaths ="] = 0
    else:
        constants["Batches ="] = f"{{{', '.join(map(str, range(1, size + 1)))}}}"
        constants["Consumers <-"], constants["Dependencies <-"] = GRAPHS[graph]
    if module == "MultiProducer":
        constants["Producers ="] = f"{{{', '.join(map(_quoted, PRODUCERS))}}}"
        constants["MayGiveUp ="] = "FALSE"
    lines = "".join(f"    {name} {value}\n" for name, value in constants.items())
    return (
        f"\\* module: Traced{module}\n\\* says: traces\n\\* size: small\n"
        f"SPECIFICATION TracedSpec\nCONSTANTS\n{lines}INVARIANTS {' '.join(invariants)}\n"
    )


def observed(traces: list[Trace], in_any_order: bool = False) -> str:
    """The module `Observed`."""
    definitions, runs = zip(
        *(_trace(number, trace) for number, trace in enumerate(traces, 1)), strict=True
    )
    lines = [
        "------------------------------ MODULE Observed ------------------------------",
        "EXTENDS Integers",
        f"Page == {PAGE}",
        f"InAnyOrder == {str(in_any_order).upper()}",
        *(line for each in definitions for line in each),
        "Traces == <<",
        ",\n".join(runs),
        ">>",
        "=============================================================================",
    ]
    return "\n".join(lines) + "\n"


def _trace(number: int, trace: Trace) -> tuple[list[str], str]:
    """The definitions that a trace needs, and the trace."""
    idle = {name: list[Entry]() for name in ((*PRODUCERS, CLOSER) if trace.shape.multi else ())}
    before = before_stores(trace)
    definitions, logs = list[str](), list[str]()
    for thread, log in {**idle, **trace.logs}.items():
        entries = list(map(_entry, log, before.get(thread, [])))
        pages = [entries[start : start + PAGE] for start in range(0, len(entries), PAGE)]
        names = [f"Log{number}_{thread}_{page}" for page in range(len(pages))]
        definitions += [
            f"{name} == <<{', '.join(page)}>>" for name, page in zip(names, pages, strict=True)
        ]
        logs.append(f"{thread} |-> [length |-> {len(log)}, pages |-> <<{', '.join(names)}>>]")
    whole = str(trace.is_whole).upper()
    return (
        definitions,
        f" [whole |-> {whole}, events |-> {trace.shape.events}, logs |-> [{', '.join(logs)}]]",
    )


def _entry(entry: Entry, before: Before) -> str:
    of = _quoted(entry.of) if isinstance(entry.of, str) else entry.of
    waits = ", ".join(f"<<{_quoted(thread)}, {count}>>" for thread, count in before)
    return f"<<{_quoted(entry.what)}, {of}, {entry.value}, {entry.claim}, <<{waits}>>>>"


def _quoted(text: str) -> str:
    return f'"{text}"'
