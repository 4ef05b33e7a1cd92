"""What the fields of a record are, from a `struct` format or a ctypes structure.

A ctypes structure is recognised by its attributes: only `ringbuffer.memory` imports that module.
"""

import re
import struct
import sys
from typing import Any, Final

NATIVE: Final = "<" if sys.byteorder == "little" else ">"
OTHER: Final = ">" if NATIVE == "<" else "<"

#: Type, offset, shape.
type Place = tuple[str, int, tuple[int, ...]]

#: The kinds of the codes of `struct` that are numbers.
KINDS: Final = {
    **dict.fromkeys("bhilq", "i"),
    **dict.fromkeys("BHILQ", "u"),
    **dict.fromkeys("efd", "f"),
}
ITEM: Final = re.compile(r"\s*(\d*)([xcbB?hHiIlLqQefds])")


def type_of(code: str, size: int, order: str) -> str:
    """The type of a value of `size` bytes with that code."""
    if code == "?":
        return "|b1"
    if code in "cs":
        return f"|S{size}"
    return f"{'|' if size == 1 else order}{KINDS[code]}{size}"


def parse_format(format: str) -> tuple[list[Place], int]:
    """The values of a `struct` format, and the bytes of a record.

    Raises:
        ValueError: it is not a format, or has a code for an address or a length.
    """
    mark = format[0] if format[:1] in {"@", "=", "<", ">", "!"} else "@"
    order = {"<": "<", ">": ">", "!": ">"}.get(mark, NATIVE)
    items = format.removeprefix(mark).rstrip()
    places: list[Place] = []
    so_far, at, widest = mark, 0, 1
    while at < len(items):
        match = ITEM.match(items, at)
        if match is None:
            raise ValueError(
                f"{format!r} is not a struct format for records, at {items[at:]!r}; "
                f"for a numpy type, pass numpy.dtype(...)"
            )
        at, count, code = match.end(), match[1], match[2]
        if code == "x" or (code != "s" and count == "0"):
            so_far += f"{count}{code}"
            continue
        for _ in range(1 if code == "s" else int(count or 1)):
            size = struct.calcsize(f"{mark}{count if code == 's' else ''}{code}")
            so_far += f"{size if code == 's' else ''}{code}"
            places.append((type_of(code, size, order), struct.calcsize(so_far) - size, ()))
            widest = max(widest, 1 if code == "s" else size)
    total = struct.calcsize(so_far)
    return places, -(-total // widest) * widest if mark == "@" else total


def fields_of_structure(structure: type) -> tuple[list[tuple[Any, ...]], int]:
    """The fields of a ctypes structure, each (name, *place), and the bytes of one.

    Raises:
        TypeError: it has bit fields, pointers, structures or unions inside.
    """
    order = OTHER if hasattr(structure, "_swappedbytes_") else NATIVE
    # The fields of its base classes come first.
    declared = [
        each for kind in reversed(structure.__mro__) for each in vars(kind).get("_fields_", ())
    ]
    fields = []
    for name, kind, *bits in declared:
        shape: tuple[int, ...] = ()
        place = getattr(structure, name)
        inner, size = kind, place.size
        while hasattr(inner, "_length_") and getattr(inner._type_, "_type_", None) != "c":
            shape = (*shape, inner._length_)
            size //= max(1, inner._length_)
            inner = inner._type_
        # An array of characters is one value, of many bytes.
        code = "s" if hasattr(inner, "_length_") else getattr(inner, "_type_", None)
        if bits or not isinstance(code, str) or (code not in KINDS and code not in "cs?"):
            raise TypeError(
                f"field {name!r} of {structure.__name__} is a bit field, a pointer or a structure; "
                f"a record has numbers, bytes, and arrays of them"
            )
        fields.append((name, type_of(code, size, order), place.offset, shape))
    return fields, memoryview(structure()).nbytes
