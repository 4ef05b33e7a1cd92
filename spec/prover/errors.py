"""`ModuleError`: a module says something that the prover does not understand."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class ModuleError(Exception):
    """The text at a place is wrong, or beyond what the prover knows. The message names the place.

    The prover never guesses: whatever it does not know is such an error.
    """

    def __init__(self, place: Place, says: str) -> None:
        super().__init__(f"{place}: {says}")
        self.place = place
