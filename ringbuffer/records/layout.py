"""`RecordLayout`: the fields of a record, their types and their places.

It is made from a numpy dtype, a `struct` format, or a ctypes structure. Types are written as in
numpy's array interface: `<f8` is a little-endian float of 8 bytes. So a layout can be compared,
written down and read again without numpy.
"""

import re
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ringbuffer.records.sources import fields_of_structure, parse_format

if TYPE_CHECKING:
    import numpy as np

#: A type of a field: byte order, kind, bytes; and the unit of a time.
TYPE: Final = re.compile(r"[<>|](b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|[SUV]\d+|[Mm]8\[\w+\])")
#: The codes of `struct` for the types that it knows.
CODES: Final = {
    "b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q",
    "u8": "Q", "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
#: The most bytes of one record.
LARGEST: Final = 1 << 20


class RecordField(NamedTuple):
    """One field of a record.

    Attributes:
        name: its name.
        type: byte order, kind and size, as in numpy's array interface: `<f8`, `|S10`.
        offset: bytes from the start of the record.
        shape: the lengths of an array in the field; empty for a single value.
    """

    name: str
    type: str
    offset: int
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Its bytes, with all items of an array."""
        kind, digits = self.type[1], re.search(r"\d+", self.type)
        assert digits is not None, "by `TYPE`"
        size = int(digits.group()) * (4 if kind == "U" else 1)
        for length in self.shape:
            size *= length
        return size

    @property
    def code(self) -> str | None:
        """Its code in a `struct` format; None if `struct` has none."""
        if self.shape:
            return None
        kind = self.type[1]
        return f"{self.size}s" if kind in "SV" else CODES.get(self.type[1:])


class RecordLayout:
    """What a record consists of. It never changes; any thread may use it.

    `RecordLayout.of` takes what users have: a dtype, a format, a structure. The constructor is for
    code that has the fields already.

    Args:
        fields: in the order of their places; they do not overlap.
        itemsize: bytes of one record, with what pads it.
        dtype: the numpy dtype that it was made from; None if its records do without numpy.

    Raises:
        ValueError: two fields have one name, overlap, or do not fit into `itemsize`.
        TypeError: a field has no type that a record can hold.
    """

    __slots__ = ("_dtype", "fields", "itemsize")

    def __init__(
        self,
        fields: tuple[RecordField, ...],
        itemsize: int,
        dtype: "np.dtype[Any] | None" = None,
    ) -> None:
        if not fields or not 0 < itemsize <= LARGEST:
            raise ValueError(
                f"a record has at least one field, and 1 to {LARGEST} bytes; not {len(fields)} "
                f"fields and {itemsize} bytes"
            )
        end, names = 0, set[str]()
        for field in fields:
            _check_field(field)
            if field.name in names:
                raise ValueError(f"two fields have the name {field.name!r}; give each its own")
            if field.offset < end or field.offset + field.size > itemsize:
                raise ValueError(
                    f"field {field.name!r} is at bytes {field.offset} to "
                    f"{field.offset + field.size}: it overlaps another one, or does not fit into a "
                    f"record of {itemsize} bytes"
                )
            names.add(field.name)
            end = field.offset + field.size
        self.fields: Final = fields
        self.itemsize: Final = itemsize
        self._dtype: Final = dtype

    # -- where layouts come from -------------------------------------------------------------------

    @classmethod
    def of(cls, source: object) -> "RecordLayout":
        """The layout of what describes a record.

        Args:
            source: a numpy dtype, or what `numpy.dtype` makes one of, such as a list of pairs; a
                `struct` format as a string, or a `struct.Struct`; a ctypes structure (the class);
                or a layout.

        Raises:
            TypeError: it does not describe a record, or has a field that cannot be in one.
            ValueError: see the class.
            ImportError: it needs numpy, which is not installed.
        """
        if isinstance(source, RecordLayout):
            return source
        if isinstance(source, str):
            return cls.of_struct(source)
        if isinstance(source, struct.Struct):
            return cls.of_struct(source.format)
        if isinstance(source, type) and hasattr(source, "_fields_"):
            fields, itemsize = fields_of_structure(source)
            return cls(tuple(RecordField(*each) for each in fields), itemsize)
        from ringbuffer.records.arrays import layout_of_dtype  # it imports numpy

        return layout_of_dtype(source)

    @classmethod
    def of_struct(cls, format: str, names: str | tuple[str, ...] = ()) -> "RecordLayout":
        """The layout of a `struct` format.

        A native format is padded at its end, as C pads a structure, so that each record is aligned.

        Args:
            format: see `struct`; without `p`, `P`, `n` and `N`.
            names: a name for each value, or all of them in one string; the default is `f0`, `f1`
                and so on.

        Raises:
            ValueError: it is not a format, or there are more or fewer names than values.
        """
        wanted = tuple(names.split()) if isinstance(names, str) else tuple(names)
        fields, itemsize = parse_format(format)
        if not wanted:
            wanted = tuple(f"f{number}" for number in range(len(fields)))
        if len(wanted) != len(fields):
            raise ValueError(
                f"{len(wanted)} names for the {len(fields)} values of {format!r}; name each value"
            )
        named = zip(wanted, fields, strict=True)
        return cls(tuple(RecordField(name, *each) for name, each in named), itemsize)

    @classmethod
    def parse(cls, description: str, numpy: bool = False) -> "RecordLayout":
        """The layout of a `description`.

        Args:
            description: what another layout of that name gave. It may come from anywhere.
            numpy: whether the records are to be numpy arrays.

        Raises:
            ValueError: it does not describe a layout.
        """
        head, *lines = description.split(";")
        try:
            fields = tuple(_parse_field(line) for line in lines)
            layout = cls(fields, int(head))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{description[:200]!r} does not describe a record: {error}"
            ) from error
        return layout.with_numpy() if numpy else layout

    # -- what it is --------------------------------------------------------------------------------

    @property
    def description(self) -> str:
        """The layout in one line, which `parse` reads: the same for the same layout."""
        return ";".join((str(self.itemsize), *map(_describe, self.fields)))

    @property
    def uses_numpy(self) -> bool:
        """Whether its records are numpy arrays."""
        return self._dtype is not None

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The numpy dtype of a record.

        Raises:
            ImportError: numpy is not installed.
        """
        if self._dtype is not None:
            return self._dtype
        from ringbuffer.records.arrays import dtype_of  # it imports numpy

        return dtype_of(self)

    def with_numpy(self) -> "RecordLayout":
        """The same layout, whose records are numpy arrays.

        Raises:
            ImportError: numpy is not installed.
        """
        return self if self.uses_numpy else RecordLayout(self.fields, self.itemsize, self.dtype)

    @property
    def struct(self) -> struct.Struct:
        """Packs and unpacks one record, with all that pads it.

        Raises:
            TypeError: a field has a type that `struct` does not know, or not all fields have one
                byte order.
        """
        orders = {field.type[0] for field in self.fields} - {"|"}
        if len(orders) > 1:
            raise TypeError("fields of both byte orders need numpy: pass a numpy dtype")
        parts, at = ["".join(orders) or "<"], 0
        for field in self.fields:
            code = field.code
            if code is None:
                raise TypeError(
                    f"field {field.name!r} of type {field.type}{field.shape or ''} needs numpy: "
                    f"pass a numpy dtype"
                )
            parts += [f"{field.offset - at}x", code]
            at = field.offset + field.size
        return struct.Struct("".join([*parts, f"{self.itemsize - at}x"]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordLayout) and self.description == other.description

    def __hash__(self) -> int:
        return hash(self.description)

    def __repr__(self) -> str:
        return f"RecordLayout.parse({self.description!r}{', numpy=True' * self.uses_numpy})"


def _check_field(field: RecordField) -> None:
    if not field.name or not field.name.isprintable() or set(field.name) & set(":;"):
        raise ValueError(f"{field.name!r} is not a name of a field: use letters, digits and _")
    if not TYPE.fullmatch(field.type):
        raise TypeError(f"field {field.name!r} has the type {field.type!r}, not one of a record")
    if field.offset < 0 or field.size < 1 or any(length < 1 for length in field.shape):
        raise ValueError(f"field {field.name!r} has no bytes, or begins before the record")


def _describe(field: RecordField) -> str:
    shape = "x".join(map(str, field.shape))
    return f"{field.name}:{field.type}:{field.offset}" + (f":{shape}" if shape else "")


def _parse_field(line: str) -> RecordField:
    name, kind, offset, *shape = line.split(":")
    if len(shape) > 1:
        raise ValueError(f"{line!r} has too many parts")
    lengths = tuple(int(each) for each in shape[0].split("x")) if shape else ()
    return RecordField(name, kind, int(offset), lengths)
