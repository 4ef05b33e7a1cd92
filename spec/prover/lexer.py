"""The text of a module as tokens."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spec.prover.errors import ModuleError, Place

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\\\*[^\n]*|-{4,}(?=\s))
      | (?P<comment>\(\*)
      | (?P<string>"[^"\n]*")
      | (?P<number>\d+(?!\w))
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator>==|<=>|=>|=<|<=|>=|/\\|\\/|\|->|->|<-|<<|>>|\.\.|\[\]|<>|~>|/=|\\[a-zA-Z]+
                    |[\\=\#<>~+\-*%\[\](){},:.!@'])""",
    re.VERBOSE,
)
_COMMENT: Final = re.compile(r"\(\*|\*\)")


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where it stands. `kind` is string, number, name or operator."""

    kind: str
    text: str
    place: Place
    column: int


def tokens_of(text: str, path: Path, first_line: int = 1) -> list[Token]:
    """Returns the tokens of a text, without spaces, comments and rules.

    Args:
        text: of TLA+.
        path: the file that it stands in.
        first_line: the number of its first line.

    Raises:
        ModuleError: a character begins no token that is known.
    """
    found: list[Token] = []
    at, line, line_began = 0, first_line, 0
    # Terminates because each token has a character at least.
    while at < len(text):
        match = _TOKEN.match(text, at)
        place = Place(path, line)
        if match is None:
            raise ModuleError(place, f"unknown symbol {text[at : at + 10].split()[0]!r}")
        kind = match.lastgroup or ""
        end = _end_of_comment(text, at, place) if kind == "comment" else match.end()
        if kind not in ("space", "comment"):
            found.append(Token(kind, match[0], place, at - line_began))
        if newlines := text.count("\n", at, end):
            line += newlines
            line_began = text.rindex("\n", at, end) + 1
        at = end
    return found


def _end_of_comment(text: str, begin: int, place: Place) -> int:
    """Returns where a comment ends. Comments may be nested."""
    depth = 0
    for mark in _COMMENT.finditer(text, begin):
        depth += 1 if mark[0] == "(*" else -1
        if depth == 0:
            return mark.end()
    raise ModuleError(place, "the comment does not end")
