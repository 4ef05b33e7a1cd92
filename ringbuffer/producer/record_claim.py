"""`RecordClaim`: the records of claimed slots, for a `with` block to fill."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ringbuffer.producer.claim import Claim
from ringbuffer.records import Records
from ringbuffer.records.block import pieces_of


class RecordClaim(Claim[Any]):
    """A claim of records: `claim.pieces`. Owning thread, inside the block only.

    What the block does not store stays as an earlier lap has left it.
    """

    __slots__ = ()

    @property
    def pieces(self) -> tuple[Records, ...]:
        """The claimed records, in one array; in two, if the claim reaches the end of the ring.

        Fill them before the block ends: a consumer reads them after that, and later claims use the
        slots again.
        """
        pieces: tuple[Records, ...] = tuple(self._open())
        return pieces

    def _contents(self, low: int, high: int) -> list[Any]:
        return list(pieces_of(self._slots, low, high))

    def _fill(self, batch: list[Any], low: int) -> None:
        pass  # the block has filled the slots themselves

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self._open())

    def __getitem__(self, index: int | slice) -> Any:
        """The record at `index` of the claim."""
        pieces, at = self._open(), self._place(index)
        first = pieces[0]
        return first[at] if at < len(first) else pieces[1][at - len(first)]

    def __setitem__(self, index: int | slice, value: Any | Iterable[Any]) -> None:
        """Store a record from a tuple."""
        pieces, at = self._open(), self._place(index)
        first = pieces[0]
        if at < len(first):
            first[at] = value
        else:
            pieces[1][at - len(first)] = value

    def _place(self, index: int | slice) -> int:
        if isinstance(index, slice):
            raise TypeError("the records of a claim may lie in two places: cut claim.pieces")
        return range(self._n)[index]
