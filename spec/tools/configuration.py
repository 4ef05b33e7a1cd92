r"""`Configuration`: a file that tells TLC what to check, and records what TLC found.

These tools read the comments in its first lines:

\* module: SingleProducer         the module that TLC checks
\* says: chain of 2, batches      what is special about it, in a few words
\* size: small                    small, medium or large: `make test` checks the small ones,
                                  `make verify` the medium ones, `make check-full` all of them
\* expect: NeverAhead             the property that TLC must find violated, if there is one
\* states: 8409                   the recorded number of distinct states
\* depth: 74                      the recorded depth of the state graph
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: The sizes, in the order of the table.
SIZES: Final = ("small", "medium", "large")

#: The size of a configuration that is only tried: nothing is recorded about it.
TRIED: Final = "tried"

_HEADER = re.compile(r"^\\\* (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """A configuration. The attributes are those of its first lines."""

    path: Path
    module: str
    says: str
    size: str
    expect: str | None
    states: int | None
    depth: int | None

    @property
    def name(self) -> str:
        """The name of the file, without its suffix."""
        return self.path.stem

    @property
    def constants(self) -> str:
        """The constants, one a line, as the file has them."""
        found = re.search(r"^CONSTANTS\n((?: +.*\n)+)", self.path.read_text(), re.MULTILINE)
        return "" if found is None else "\n".join(line.strip() for line in found[1].splitlines())

    @property
    def bounds(self) -> str:
        """The constants in one line."""
        return ", ".join(line.replace(" <- ", " = ") for line in self.constants.splitlines())

    @property
    def properties(self) -> list[str]:
        """The properties over time that TLC checks, refinement among them; no invariants."""
        found = re.findall(r"^PROPERT(?:Y|IES) (.*)$", self.path.read_text(), re.MULTILINE)
        return [name for line in found for name in line.split()]

    def record(self, states: int, depth: int | None) -> None:
        """Write the counts into the file."""
        lines = self.path.read_text().splitlines()
        lines = [line for line in lines if not re.match(r"\\\* (states|depth):", line)]
        head = sum(line.startswith("\\*") for line in lines)
        counts = [f"\\* states: {states}"] + ([] if depth is None else [f"\\* depth: {depth}"])
        self.path.write_text("\n".join([*lines[:head], *counts, *lines[head:]]) + "\n")


def read(path: Path) -> Configuration:
    """Returns the configuration in a file.

    Raises:
        ValueError: its first lines lack a module, a description or a valid size.
    """
    header = dict(_HEADER.findall(path.read_text()))
    if {"module", "says", "size"} - set(header) or header["size"] not in SIZES:
        raise ValueError(
            f"{path} must begin with lines for module, says and size ({', '.join(SIZES)}); "
            f"see spec/tools/configuration.py"
        )
    return Configuration(
        path=path,
        module=header["module"],
        says=header["says"],
        size=header["size"],
        expect=header.get("expect"),
        states=int(header["states"]) if "states" in header else None,
        depth=int(header["depth"]) if "depth" in header else None,
    )


def read_tried(path: Path) -> Configuration:
    """Returns the configuration in a file of the user's, which has to name its module only.

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not name its module.
    """
    header = dict(_HEADER.findall(path.read_text()))
    if "module" not in header:
        raise ValueError(f"{path} must begin with a line that names its module: \\* module: NAME")
    says, expect = header.get("says", "tried"), header.get("expect")
    return Configuration(path, header["module"], says, TRIED, expect, states=None, depth=None)


def read_all(folder: Path) -> list[Configuration]:
    """Returns every configuration in a folder, sorted by module and by size, small ones first."""
    found = map(read, folder.glob("*.cfg"))
    return sorted(found, key=lambda each: (each.module, SIZES.index(each.size), each.name))
