"""`ringbuffer doctor`: its arguments, its report, its exit code."""

import argparse
import json
from dataclasses import asdict
from typing import Final

from ringbuffer.programs.doctor.facts import Facts, collect
from ringbuffer.programs.doctor.findings import Finding, Verdict, judge

_DESCRIPTION: Final = """\
Check whether this interpreter and this machine suit the library. The report describes the
interpreter, and the GIL with the reason why it is on. It says where the atomic operations come
from, how loads and stores are ordered, how many cores there are, how large the timer slack is, and
what a yield costs."""

_EPILOG: Final = """\
exit codes: 0 all is well; 1 something hurts, and the report says what to do; 2 the command line is
not valid"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's description and its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "--import",
        dest="modules",
        metavar="MODULE",
        action="append",
        default=[],
        help="check whether importing this module switches the GIL on; may be given several times",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the facts and the findings as JSON"
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        help="list the rings between processes instead: their seats, and which processes live",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check and report. Returns the exit code."""
    if options.shared:
        print(rings(as_json=options.json), flush=True)
        return 0
    facts = collect(options.modules)
    findings = judge(facts)
    print(as_json(facts, findings) if options.json else as_text(findings), flush=True)
    return 1 if any(finding.verdict is Verdict.HURTS for finding in findings) else 0


def rings(*, as_json: bool) -> str:
    """The rings between processes that this user has on this machine, for people or as JSON."""
    from ringbuffer.programs.doctor.machine_rings import machine_rings  # needs Linux

    found = machine_rings()
    if as_json:
        return json.dumps([ring.facts for ring in found], indent=2)
    lines = [line for ring in found for line in ring.lines]
    return "\n".join(lines) if lines else "there is no ring between processes on this machine"


def as_text(findings: list[Finding]) -> str:
    """A line for each finding, and one for its advice."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.verdict.value:6} {finding.topic:16} {finding.says}")
        if finding.advice:
            lines.append(f"{'':23} -> {finding.advice}")
    hurts = sum(finding.verdict is Verdict.HURTS for finding in findings)
    lines.append("all is well" if not hurts else f"{hurts} of {len(findings)} findings hurt")
    return "\n".join(lines)


def as_json(facts: Facts, findings: list[Finding]) -> str:
    """All facts and findings, as JSON."""
    told = [{**asdict(finding), "verdict": finding.verdict.name.lower()} for finding in findings]
    return json.dumps({"facts": asdict(facts), "findings": told}, indent=2)
