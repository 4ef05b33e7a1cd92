"""Mutants: faults of one line in the models, each of which a property must find.

spec/mutants.toml names for each the module, the configuration that must fail, the line as it is and as it is made, and the
properties of which one must be violated.
"""

import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ringbuffer.cli.check.configuration import read
from ringbuffer.cli.check.tlc import Outcome, run
from ringbuffer.cli.check.tools import Tools


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    name: str
    module: str
    configuration: str
    old: str
    new: str
    killed_by: tuple[str, ...]


def read_mutants(folder: Path) -> list[Mutant]:
    """The mutants of the models in `folder`.

    Raises:
        ValueError: one of them does not fit the module it is for: its line is not there exactly once.
    """
    mutants = []
    for name, entry in tomllib.loads((folder / "mutants.toml").read_text()).items():
        mutant = Mutant(name, entry["module"], entry["configuration"], entry["old"], entry["new"], tuple(entry["killed_by"]))
        count = (folder / f"{mutant.module}.tla").read_text().count(mutant.old)
        if count != 1:
            raise ValueError(f"mutant {name!r}: its line is {count} times in {mutant.module}.tla, not once: {mutant.old!r}")
        mutants.append(mutant)
    return mutants


def try_mutant(mutant: Mutant, folder: Path, tools: Tools) -> Outcome:
    """Check the models with the fault in them, for nothing but the properties that should find it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as copy:
        for module in folder.glob("*.tla"):
            shutil.copy(module, copy)
        path = Path(copy) / f"{mutant.module}.tla"
        path.write_text(path.read_text().replace(mutant.old, mutant.new))
        configuration = Path(copy) / f"{mutant.configuration}.cfg"
        configuration.write_text(only(mutant.killed_by, (folder / configuration.name).read_text()))
        return run(read(configuration), tools, folder=Path(copy))


def only(properties: tuple[str, ...], configuration: str) -> str:
    """A configuration with no other properties than these."""
    lines = []
    for line in configuration.splitlines():
        if re.match(r"INVARIANTS? |PROPERT(?:Y|IES) ", line):
            kind, *names = line.split()
            kept = [name for name in names if name in properties]
            lines += [" ".join([kind, *kept])] if kept else []
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def verdict(mutant: Mutant, outcome: Outcome) -> tuple[bool, str]:
    """Whether it was killed, and how to say so."""
    if outcome.error is not None:
        return False, f"no verdict: {outcome.error.splitlines()[0]}"
    if outcome.violated is None:
        return False, f"SURVIVED {outcome.states:,} states"
    return True, f"killed by {outcome.violated} after {outcome.states:,} states"
