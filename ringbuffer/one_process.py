"""`OneProcess`: objects that belong to the threads of one process cannot be copied or pickled.

A copy of a ring, of a lock or of a thread would look like the original, but would not coordinate
with any thread. Python's own message names an inner lock; this one names the object that the caller
holds.
"""

from typing import NoReturn


class OneProcess:
    """Base of the classes whose objects own threads, locks, or memory that threads share.

    `pickle`, `copy.copy` and `copy.deepcopy` all call `__reduce__`.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        # In Python, so that a child after a fork can exchange it: see `ringbuffer.forks.refusing`.
        return super().__repr__()

    def __reduce__(self) -> NoReturn:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{type(self).__name__} objects belong to the threads of one process and cannot be "
            f"copied or pickled: pass the object itself to other threads, and make a new one "
            f"in each process"
        )
