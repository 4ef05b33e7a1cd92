"""`Proof`: a module whose invariant is proven inductive. They are listed in proofs.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from spec.folder import SpecFolder


@dataclass(frozen=True)
class Proof:
    """A proof module.

    Attributes:
        name: of the module, which ends in "Proof".
        says: what is proven, in a few words.
        obligations: the recorded number of formulas to prove; 0 if none is recorded.
        instances: the constants of small instances.
    """

    name: str
    says: str
    obligations: int
    instances: tuple[str, ...]

    @property
    def about(self) -> str:
        """The name of the module that the proof is about."""
        return self.name.removesuffix("Proof")


def read_proofs(spec: SpecFolder) -> list[Proof]:
    """Returns the proofs, in the order of the list."""
    listed = tomllib.loads(spec.proofs.read_text())
    return [
        Proof(name, entry["says"], entry["obligations"], tuple(entry["instances"]))
        for name, entry in listed.items()
    ]


def record(spec: SpecFolder, counts: Mapping[str, int]) -> None:
    """Write the numbers of obligations of some proofs into the list."""
    text = spec.proofs.read_text()
    for name, count in counts.items():
        pattern = rf"(?m)(^\[{name}\]\n(?:(?!\[).*\n)*?obligations = )\d+"
        text = re.sub(pattern, rf"\g<1>{count}", text)
    spec.proofs.write_text(text)
