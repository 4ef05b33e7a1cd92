"""The table of results in spec/README.md, written by the run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ringbuffer.cli.check.configuration import Configuration

BEGIN: Final = "<!-- results: written by `python -m ringbuffer check --record` -->"
END: Final = "<!-- end of results -->"


def table(configurations: Iterable[Configuration]) -> str:
    """A line for each configuration."""
    lines = ["| configuration | what | bounds | distinct states | depth | result |", "|---|---|---|---:|---:|---|"]
    for each in configurations:
        result = "holds" if each.expect is None else f"violates `{each.expect}`, as it should"
        states = "" if each.states is None else f"{each.states:,}"
        depth = "" if each.depth is None else str(each.depth)
        what = each.says.replace("|", "\\|")
        lines.append(f"| [{each.name}]({each.name}.cfg) | {what} | {each.bounds} | {states} | {depth} | {result} |")
    return "\n".join(lines)


def write(readme: Path, configurations: Iterable[Configuration]) -> None:
    """Replace the table in `readme`."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n\n{table(configurations)}\n\n{END}{after}")
