r"""`Configuration`: a file of spec/ that says what TLC is to check, and in its first lines what comes out.

\* module: SingleProducer         the module
\* says: chain of 2, batches      what it is, in a few words
\* size: small                    small or large
\* expect: NeverAhead             (if it is there to fail) the property that it violates
\* states: 8409                   distinct states, as they were counted
\* depth: 74                      of the state graph
"""

import re
from dataclasses import dataclass
from pathlib import Path

_HEADER = re.compile(r"^\\\* (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """One of them."""

    path: Path
    module: str
    says: str
    size: str
    expect: str | None
    states: int | None
    depth: int | None

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.stem

    @property
    def constants(self) -> str:
        """The constants, one a line, as they stand there."""
        constants = re.search(r"^CONSTANTS\n((?: +.*\n)+)", self.path.read_text(), re.MULTILINE)
        return "" if constants is None else "\n".join(line.strip() for line in constants[1].splitlines())

    @property
    def bounds(self) -> str:
        """The constants, in one line."""
        return ", ".join(line.replace(" <- ", " = ") for line in self.constants.splitlines())

    @property
    def properties(self) -> list[str]:
        """The properties over time that are checked, refinement among them. Invariants TLC calls by their names."""
        found = re.findall(r"^PROPERT(?:Y|IES) (.*)$", self.path.read_text(), re.MULTILINE)
        return [name for line in found for name in line.split()]

    def record(self, states: int, depth: int | None) -> None:
        """Write down what came out."""
        lines = [line for line in self.path.read_text().splitlines() if not re.match(r"\\\* (states|depth):", line)]
        head = sum(line.startswith("\\*") for line in lines)
        new = [f"\\* states: {states}"] + ([] if depth is None else [f"\\* depth: {depth}"])
        self.path.write_text("\n".join([*lines[:head], *new, *lines[head:]]) + "\n")


def read(path: Path) -> Configuration:
    """The configuration in a file.

    Raises:
        ValueError: its first lines do not say what they must.
    """
    header = dict(_HEADER.findall(path.read_text()))
    missing = {"module", "says", "size"} - set(header)
    if missing or header["size"] not in ("small", "large"):
        raise ValueError(f"{path} must begin with lines for module, says and size (small or large); see configuration.py")
    return Configuration(
        path=path,
        module=header["module"],
        says=header["says"],
        size=header["size"],
        expect=header.get("expect"),
        states=int(header["states"]) if "states" in header else None,
        depth=int(header["depth"]) if "depth" in header else None,
    )


def read_all(folder: Path) -> list[Configuration]:
    """Every configuration in `folder`, module by module."""
    return sorted(map(read, folder.glob("*.cfg")), key=lambda each: (each.module, each.size == "large", each.name))
