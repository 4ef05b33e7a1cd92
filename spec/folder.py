"""Where things lie in spec/."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class SpecFolder:
    """The parts of spec/, or of a copy of it."""

    root: Path

    @property
    def modules(self) -> Path:
        """The TLA+ modules."""
        return self.root / "modules"

    @property
    def traced(self) -> Path:
        """The modules that say whether a trace is a behaviour of a model."""
        return self.root / "traced"

    @property
    def configurations(self) -> Path:
        """What TLC checks, within which bounds."""
        return self.root / "configurations"

    @property
    def mutants(self) -> Path:
        """The list of faults of the models."""
        return self.root / "mutants.toml"

    @property
    def proofs(self) -> Path:
        """The list of the proof modules, with the recorded numbers of obligations."""
        return self.root / "proofs.toml"

    @property
    def readme(self) -> Path:
        """The page with the table of results."""
        return self.root / "README.md"


SPEC: Final = SpecFolder(Path(__file__).parent)
