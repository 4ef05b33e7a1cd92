"""Values of TLA+ as Python values that can be compared and hashed.

Numbers, strings and booleans are themselves. A set is `("set", frozenset)`. A function, a record or
a tuple is a frozenset of pairs.
"""

import re
from typing import Any

_TOKEN = re.compile(r'\s*("[^"]*"|-?\d+|\|->|:>|@@|<<|>>|\.\.|\w+|[\[\](){},])')


def parse(text: str) -> Any:
    """Returns the value that TLC printed."""
    tokens = _TOKEN.findall(text)
    value, rest = _value(tokens, 0)
    assert rest == len(tokens), f"the text goes on after its value: {text}"
    return value


def freeze(value: Any) -> Any:
    """Returns the value of a mirror in the same form. Lists and tuples are functions from 1 on."""
    if isinstance(value, dict):
        return frozenset((freeze(key), freeze(item)) for key, item in value.items())
    if isinstance(value, set | frozenset):
        return ("set", frozenset(freeze(item) for item in value))
    if isinstance(value, list | tuple):
        return frozenset((number, freeze(item)) for number, item in enumerate(value, 1))
    return value


def _value(tokens: list[str], at: int) -> tuple[Any, int]:
    token = tokens[at]
    if token[0] == '"':
        return token[1:-1], at + 1
    if token.lstrip("-").isdigit():
        if tokens[at + 1 : at + 2] == [".."]:
            return ("set", frozenset(range(int(token), int(tokens[at + 2]) + 1))), at + 3
        return int(token), at + 1
    if token in ("TRUE", "FALSE"):
        return token == "TRUE", at + 1
    if token == "{":
        items, at = _items(tokens, at + 1, "}")
        return ("set", frozenset(items)), at
    if token == "<<":
        items, at = _items(tokens, at + 1, ">>")
        return frozenset(enumerate(items, 1)), at
    if token in "[(":
        return _function(tokens, at + 1, {"[": "]", "(": ")"}[token])
    raise AssertionError(f"no value begins with {token!r}")


def _items(tokens: list[str], at: int, end: str) -> tuple[list[Any], int]:
    items = []
    while tokens[at] != end:
        item, at = _value(tokens, at)
        items.append(item)
        at += tokens[at] == ","
    return items, at + 1


def _function(tokens: list[str], at: int, end: str) -> tuple[Any, int]:
    """Reads `[a |-> 1, b |-> 2]` or `(0 :> 1 @@ 1 :> 2)`, without the bracket at its beginning."""
    pairs = []
    while tokens[at] != end:
        if tokens[at + 1] == "|->":
            key: Any = tokens[at]
            at += 2
        else:
            key, at = _value(tokens, at)
            at += 1
        value, at = _value(tokens, at)
        pairs.append((key, value))
        at += tokens[at] in (",", "@@")
    return frozenset(pairs), at + 1
