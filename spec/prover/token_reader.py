"""`TokenReader`: takes one token after the other, with regard to the bullets around them."""

from collections.abc import Sequence
from typing import Final

from spec.prover.errors import ModuleError
from spec.prover.lexer import Token

#: Words that are not names.
RESERVED: Final = frozenset((
    "IF", "THEN", "ELSE", "LET", "IN", "CASE", "OTHER", "EXCEPT", "UNCHANGED", "UNION", "SUBSET",
    "DOMAIN", "CHOOSE", "INSTANCE", "WITH", "ENABLED", "EXTENDS", "CONSTANT", "CONSTANTS",
    "VARIABLE", "VARIABLES", "ASSUME", "THEOREM", "LOCAL", "LAMBDA",
))  # fmt: skip


class TokenReader:
    """Reads tokens; one thread.

    Args:
        tokens: at least one.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        last = tokens[-1].place
        self._tokens: Final = tokens
        self._end: Final = Token("end", "the end", last, -1)
        self._at = 0
        #: The column of the bullets that the parser is behind; -1 outside of all.
        self._columns = [-1]

    def _peek(self) -> Token:
        token = self._tokens[self._at] if self._at < len(self._tokens) else self._end
        return self._end if token.column <= self._columns[-1] else token

    def _next(self, *expected: str) -> Token:
        token = self._peek()
        if token is self._end or (expected and token.text not in expected):
            raise self._unexpected(token, *expected)
        self._at += 1
        return token

    def _took(self, text: str) -> bool:
        token = self._peek()
        found = token.kind != "string" and token.text == text
        self._at += found
        return found

    def _name(self) -> str:
        token = self._next()
        if token.kind != "name" or token.text in RESERVED:
            raise self._unexpected(token, "a name")
        return token.text

    def _unexpected(self, token: Token, *expected: str) -> ModuleError:
        if token is self._end:
            rest = self._tokens[self._at :]
            token = rest[0] if rest else token
        instead = f" where {' or '.join(expected)} is expected" if expected else ""
        return ModuleError(token.place, f"{token.text} is not understood{instead}")
