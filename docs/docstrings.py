"""A Sphinx extension for this project's docstrings: Google's sections, Markdown's backticks."""

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
    """Turn `lines` into reStructuredText.

    Properties are read as methods: in the first line of an attribute, napoleon takes the words
    before a colon for a type. An alias has no docstring; its value is shown instead.
    """
    if isinstance(thing, typing.TypeAliasType):
        lines[:] = [f"An alias of ``{thing.__value__}``."]
        return
    kind = "method" if what == "property" else what
    text = "\n".join(
        GoogleDocstring("\n".join(lines), _SECTIONS, app, kind, name, thing, options).lines()
    )
    lines[:] = _MARKED.sub(_link, text).splitlines()


def without_arguments(
    app: Sphinx, what: str, name: str, thing: object, options: Any, arguments: str, returned: str
) -> tuple[str, str] | None:
    """Hide the arguments of protocols and enumerations, because users do not construct them."""
    is_called = not isinstance(thing, type) or not (
        typing.is_protocol(thing) or issubclass(thing, enum.Enum)
    )
    return None if is_called else ("", "")


def _link(marked: re.Match[str]) -> str:
    """A link for a public name or a member of one; code for everything else."""
    text = marked[1]
    parts = text.split(".")
    is_public = parts[0] in ringbuffer.__all__ and all(part.isidentifier() for part in parts)
    shown = f":py:obj:`{text} <ringbuffer.{text}>`" if is_public else f"``{text}``"
    # Markup must end before a space or punctuation: "`Sequence`s" needs an escaped space, which is
    # not shown.
    return shown + "\\ " * marked.string[marked.end() : marked.end() + 1].isalnum()
