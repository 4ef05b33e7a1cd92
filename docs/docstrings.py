"""A Sphinx extension that reads this project's docstrings: Google's sections, and backticks as in Markdown."""

import enum
import re
import typing
from typing import Any, Final

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

import ringbuffer

_SECTIONS: Final = Config(napoleon_use_rtype=False)
_MARKED: Final = re.compile(r"(?<![`:\w])`([^`\n]+)`(?!`)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Read every docstring that autodoc finds."""
    app.connect("autodoc-process-docstring", read)
    app.connect("autodoc-process-signature", without_arguments)
    return {"parallel_read_safe": True}


def read(app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Turn `lines` into what Sphinx understands.

    A property is read as a method is: in the first line of an attribute napoleon takes what stands before a colon for a type.
    An alias has no docstring; what it stands for is shown.
    """
    if isinstance(thing, typing.TypeAliasType):
        lines[:] = [f"An alias of ``{thing.__value__}``."]
        return
    kind = "method" if what == "property" else what
    text = "\n".join(GoogleDocstring("\n".join(lines), _SECTIONS, app, kind, name, thing, options).lines())
    lines[:] = _MARKED.sub(_link, text).splitlines()


def without_arguments(
    app: Sphinx, what: str, name: str, thing: object, options: Any, arguments: str, returned: str
) -> tuple[str, str] | None:
    """Protocols are implemented, not called; and the members of an enumeration are all there are."""
    is_called = not isinstance(thing, type) or not (typing.is_protocol(thing) or issubclass(thing, enum.Enum))
    return None if is_called else ("", "")


def _link(marked: re.Match[str]) -> str:
    """A link, if it is a public name, or a member of one; else as it stands, in the letters of code."""
    text = marked[1]
    parts = text.split(".")
    is_public = parts[0] in ringbuffer.__all__ and all(part.isidentifier() for part in parts)
    shown = f":py:obj:`{text} <ringbuffer.{text}>`" if is_public else f"``{text}``"
    # What is marked ends only before a space or the like: "`Sequence`s" needs a space that is not shown.
    return shown + "\\ " * marked.string[marked.end() : marked.end() + 1].isalnum()
