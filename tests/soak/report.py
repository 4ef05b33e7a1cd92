"""`Report`: what a run did and used, as text, as data and as pictures."""

import json
import os
import platform
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tests.soak.flat import WARM_UP, Limit, Verdict, judge
from tests.soak.ledger import Account
from tests.soak.pictures import Curve, picture
from tests.soak.samples import COLUMNS, Samples
from tests.stress.report import machine

#: What is judged, at rest. From round to round, whose shapes differ, memory and blocks vary by some
#: percent; one block kept of every message is hundreds of thousands in a minute. Threads and
#: descriptors must also be as many as before after every round.
#:
#: Resident memory at rest is what the largest round so far has left in the allocators, a running
#: maximum of draws: with few rounds it grows whenever a larger one comes late, and says nothing of
#: a leak. So it is judged from 20 rounds on, 15 after the warm-up; blocks, of which every leak of
#: an object is one, from the first that can be judged.
LIMITS: Final = {
    "resident": Limit("resident memory", "MiB", 0.15, 8.0, fewest=15),
    "blocks": Limit("Python blocks", "blocks", 0.10, 10_000.0),
    "threads": Limit("threads", "threads", 0.0, 0.5),
    "descriptors": Limit("descriptors", "descriptors", 0.0, 0.5),
}
_PICTURES: Final = (
    ("resident", "Resident memory", "MiB"),
    ("blocks", "Python blocks", "blocks"),
    ("threads", "Threads", "threads"),
    ("descriptors", "Open descriptors", "descriptors"),
    ("rate", "Throughput", "messages a second"),
    ("backlog", "Backlog", "deliveries that wait"),
)


def load() -> str:
    """The load average of the machine, where it tells."""
    return (
        " ".join(f"{each:.1f}" for each in os.getloadavg())
        if hasattr(os, "getloadavg")
        else "unknown"
    )


@dataclass(slots=True)
class Report:
    """What a run did. One thread.

    Attributes:
        seed, round_seconds, samples: of the run.
        accounts, counts: of the rounds that came to their end, by lane.
        failures: why the run has failed, but for what the accounts and verdicts say.
        rounds: how many came to their end.
        seconds: how long it took.
        load_before, load_after: of the machine.
        ended: whether the run has ended; a report is written after each round too.
    """

    seed: int
    round_seconds: float
    samples: Samples
    accounts: dict[str, Account] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    rounds: int = 0
    seconds: float = 0.0
    load_before: str = field(default_factory=load)
    load_after: str = ""
    ended: bool = False

    def add(self, accounts: dict[str, Account], counts: dict[str, Counter[str]]) -> None:
        """One more round."""
        self.rounds += 1
        for lane, account in accounts.items():
            self.accounts.setdefault(lane, Account()).add(account)
            self.counts.setdefault(lane, Counter()).update(counts[lane])
            if account.faults:
                self.failures.append(f"round {self.rounds - 1}, {lane}: {account.faults}")

    @property
    def account(self) -> Account:
        """Of all lanes."""
        total = Account()
        for account in self.accounts.values():
            total.add(account)
        return total

    def verdicts(self) -> list[Verdict]:
        """Whether what is used at rest is flat."""
        times = self.samples.column("time", at_rest=True)
        return [
            judge(limit, times, self.samples.column(name, at_rest=True))
            for name, limit in LIMITS.items()
        ]

    @property
    def is_well(self) -> bool:
        return (
            not self.failures
            and not self.account.faults
            and all(verdict.is_flat for verdict in self.verdicts())
        )

    # -- as text ----------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """For a terminal."""
        published = sum(counts["messages"] for counts in self.counts.values())
        lines = [
            f"{self.rounds} rounds, {published:,} messages published, "
            f"load of the machine {self.load_after}"
        ]
        for lane, account in self.accounts.items():
            lines.append(f"{lane}: {account}")
            lines.append(
                "  "
                + ", ".join(
                    f"{count:,} {what}"
                    for what, count in sorted(self.counts[lane].items())
                    if count
                )
            )
        lines += [str(verdict) for verdict in self.verdicts()]
        return lines + [f"FAILED: {failure}" for failure in self.failures]

    def again(self) -> str:
        """The command that runs the same rounds."""
        return (
            f"python -m tests.soak --seed {self.seed} --seconds {self.seconds:.0f} "
            f"--round-seconds {self.round_seconds:g}"
        )

    def markdown(self) -> str:
        """For people."""
        memory = self.samples.column("resident", at_rest=True)
        text = [
            f"# Soak report: {'passed' if self.is_well else 'FAILED'}"
            f"{'' if self.ended else ', not ended'}",
            "",
            f"* {self.seconds:,.0f} s, {self.rounds} rounds of {self.round_seconds:g} s, "
            f"seed {self.seed}",
            f"* {platform.system()} on {platform.machine()}, CPython {platform.python_version()}, "
            f"{machine()}",
            f"* load of the machine (1, 5 and 15 minutes): {self.load_before} at the beginning,",
            f"  {self.load_after} at the end",
            f"* niceness {_niceness()}",
            f"* again: `{self.again()}`",
            "",
            "## Messages",
            "",
            "A delivery is one message to one handler. The columns from `lost` on must be 0.",
            "",
        ]
        fields = list(asdict(Account()))
        text.append("| lane | published | " + " | ".join(fields) + " |")
        text.append("|---" * (len(fields) + 2) + "|")
        for lane, account in self.accounts.items():
            counts = " | ".join(f"{value:,}" for value in asdict(account).values())
            text.append(f"| {lane} | {self.counts[lane]['messages']:,} | {counts} |")
        text += ["", "## What happened", ""]
        for lane, did in self.counts.items():
            what = (f"{what} {count:,}" for what, count in sorted(did.items()) if count)
            text.append(_wrapped(f"* {lane}: {', '.join(what)}"))
        text += ["", "## What it used", ""]
        text.append(
            "Judged by the slope of Theil and Sen over samples at rest, between two rounds, after\n"
            f"the first {WARM_UP:.0%} of them. After every round there must also be as many\n"
            "threads and descriptors as before."
        )
        text += ["", *(_wrapped(f"* {verdict}") for verdict in self.verdicts())]
        if memory:
            text.append(
                f"* resident memory at rest: first {memory[0]:.1f}, last {memory[-1]:.1f} MiB"
            )
        text.append("")
        text += [f"![{title}]({name}.svg)" for name, title, _ in _PICTURES]
        if self.failures:
            text += ["", "## Failures", "", *(f"* {failure}" for failure in self.failures)]
        return "\n".join(text) + "\n"

    def data(self) -> dict[str, object]:
        """For programs."""
        return {
            "seed": self.seed,
            "seconds": self.seconds,
            "round_seconds": self.round_seconds,
            "rounds": self.rounds,
            "is_well": self.is_well,
            "machine": machine(),
            "python": sys.version,
            "load": {"before": self.load_before, "after": self.load_after},
            "accounts": {lane: asdict(account) for lane, account in self.accounts.items()},
            "counts": {lane: dict(counts) for lane, counts in self.counts.items()},
            "verdicts": [
                asdict(verdict) | {"is_flat": verdict.is_flat} for verdict in self.verdicts()
            ],
            "failures": self.failures,
            "samples": {
                name: [round(value, 2) for value in self.samples.column(name)] for name in COLUMNS
            },
        }

    def write(self, folder: Path) -> None:
        """Write report.md, report.json and a picture of each quantity."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.markdown())
        (folder / "report.json").write_text(json.dumps(self.data()) + "\n")
        take: Callable[[str, bool], list[float]] = self.samples.column
        for name, title, unit in _PICTURES:
            curves = [
                Curve(says, take("time", at_rest), take(name, at_rest))
                for says, at_rest in (("under load", False), ("at rest", True))
                if at_rest is False or name in LIMITS
            ]
            (folder / f"{name}.svg").write_text(picture(title, unit, curves))


def _niceness() -> int:
    return os.nice(0)


def _wrapped(item: str) -> str:
    """An item of a list, in lines of at most 100 columns."""
    return textwrap.fill(
        item, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
