"""The table of results in README.md. `python -m spec check --record` writes it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from spec.tools.configuration import Configuration

BEGIN: Final = "<!-- results: written by `python -m spec check --record` -->"
END: Final = "<!-- end of results -->"


def table(configurations: Iterable[Configuration]) -> str:
    """Returns a table with a row for each configuration."""
    lines = [
        "| configuration | what | bounds | distinct states | depth | result |",
        "|---|---|---|---:|---:|---|",
    ]
    for each in configurations:
        cells = [
            f"[{each.name}](configurations/{each.path.name})",
            each.says.replace("|", "\\|"),
            each.bounds,
            "" if each.states is None else f"{each.states:,}",
            "" if each.depth is None else str(each.depth),
            "holds" if each.expect is None else f"violates `{each.expect}`, as it should",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write(readme: Path, configurations: Iterable[Configuration]) -> None:
    """Replace the table in a page."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n\n{table(configurations)}\n\n{END}{after}")
