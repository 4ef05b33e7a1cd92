"""`uncovered_jumps`: loops whose jump back is not part of the `try` or `with` block around them.

CPython 3.13 compiles `while condition:` so that the condition is tested again at the end of the
body, and a jump backward follows it. That jump is not in the table of exceptions, although an
interrupt may be raised at it: neither the handlers nor the `__exit__` of the block that the loop
stands in are run then. `while True:` with a test and a `break` compiles to a jump that is in the
table, if a statement follows the test. A comprehension with an `if` has such a jump too: in a
block, take `filter`, or a generator expression, which is a function of its own.
"""

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any


def uncovered_jumps(source: str, name: str) -> list[str]:
    """Where they are in a module, as `line function`."""
    return [
        f"{line} {code.co_qualname}"
        for code in _codes(compile(source, name, "exec"))
        for line in _uncovered_lines(code)
    ]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _uncovered_lines(code: CodeType) -> Iterator[int | None]:
    parse: Any = getattr(dis, "_parse_exception_table")  # noqa: B009 - it has no public name
    entries = list(parse(code))
    instructions = list(dis.get_instructions(code))
    names = {each.offset: each for each in instructions}

    def blocks(offset: int) -> set[int]:
        """The handlers of blocks that an exception at an offset goes to.

        A coroutine has a handler of its own, and so has a comprehension. Those pass on what they
        get.
        """
        found: set[int] = set()
        for target in {entry.target for entry in entries if entry.start <= offset < entry.end}:
            found |= {target} if names[target].opname == "PUSH_EXC_INFO" else blocks(target)
        return found

    for each in instructions:
        target = each.jump_target if each.opname == "JUMP_BACKWARD" else None
        if target is not None and blocks(target) - blocks(each.offset):
            yield each.positions.lineno if each.positions is not None else None
