"""The description of a distribution: README.md, without links that work in the repository alone.

The build backend calls it for each wheel and source distribution, see `[tool.hatch.metadata]` in
`pyproject.toml`. A page of a package index has no files beside it. So a link to a file becomes the
name of that file, which the source distribution has, and a picture is left out.
"""

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_BLOCK: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]+\)\n*")
_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)#]+)[^)]*\)")
_NOTE: Final = "\nThe files that this page names are in the source distribution.\n"


class LongDescription(MetadataHookInterface):
    """Sets the field `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by the build backend, once for each distribution."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": standalone(text)}


def standalone(page: str) -> str:
    """The page, with names of files in place of links to files. Blocks of code stay as they are."""
    parts = _BLOCK.split(page)
    parts[::2] = [_LINK.sub(_named, _PICTURE.sub("", part)) for part in parts[::2]]
    return "".join(parts) + _NOTE


def _named(link: re.Match[str]) -> str:
    text, file = link[1], link[2]
    if file.endswith(text.strip("`")):
        return f"`{file}`"
    return f"{text} (`{file}`)"
