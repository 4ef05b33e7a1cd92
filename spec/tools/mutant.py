"""`Mutant`: a fault of one line in a model, which a property must find.

They are in mutants.toml.
"""

import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from spec.folder import SpecFolder
from spec.tools.configuration import read
from spec.tools.tlc import TlcRun, TlcTools, run_tlc


@dataclass(frozen=True)
class Mutant:
    """A fault of a model.

    Attributes:
        name: what is wrong, in a few words.
        module: the module that has the fault.
        configuration: the configuration that TLC checks.
        old: the right text, which is in the module once.
        new: the wrong text, which replaces it.
        killed_by: the properties of which TLC must find one violated.
    """

    name: str
    module: str
    configuration: str
    old: str
    new: str
    killed_by: tuple[str, ...]

    def changed(self, spec: SpecFolder) -> dict[str, str]:
        """Returns the text of the module with the fault, by its name."""
        text = (spec.modules / f"{self.module}.tla").read_text()
        return {self.module: text.replace(self.old, self.new)}


def read_mutants(spec: SpecFolder) -> list[Mutant]:
    """Returns the mutants.

    Raises:
        ValueError: the text that a mutant replaces is not in its module exactly once.
    """
    mutants = []
    for name, entry in tomllib.loads(spec.mutants.read_text()).items():
        mutant = Mutant(name, **{**entry, "killed_by": tuple(entry["killed_by"])})
        count = (spec.modules / f"{mutant.module}.tla").read_text().count(mutant.old)
        if count != 1:
            raise ValueError(
                f"mutant {name!r}: the text to replace is {count} times in {mutant.module}.tla, "
                f"not once: {mutant.old!r}; correct it in mutants.toml"
            )
        mutants.append(mutant)
    return mutants


def try_mutant(mutant: Mutant, spec: SpecFolder, tools: TlcTools) -> TlcRun:
    """Check a model that has the fault, for those properties only that should find it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as temporary:
        folder = Path(temporary)
        for module in spec.modules.glob("*.tla"):
            shutil.copy(module, folder)
        module = folder / f"{mutant.module}.tla"
        module.write_text(module.read_text().replace(mutant.old, mutant.new))
        configuration = folder / f"{mutant.configuration}.cfg"
        original = (spec.configurations / configuration.name).read_text()
        configuration.write_text(_only(mutant.killed_by, original))
        return run_tlc(read(configuration), tools, modules=folder)


def _only(properties: tuple[str, ...], configuration: str) -> str:
    """Returns a configuration that checks no other properties than these."""
    lines = []
    for line in configuration.splitlines():
        if re.match(r"INVARIANTS? |PROPERT(?:Y|IES) ", line):
            kind, *names = line.split()
            kept = [name for name in names if name in properties]
            lines += [" ".join([kind, *kept])] if kept else []
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def verdict(run: TlcRun) -> tuple[bool, str]:
    """Returns whether a run killed its mutant, and a few words about it."""
    if run.error is not None:
        return False, f"no verdict: {run.error.splitlines()[0]}"
    if run.violated is None:
        return False, f"SURVIVED {run.states:,} states"
    return True, f"killed by {run.violated} after {run.states:,} states"
