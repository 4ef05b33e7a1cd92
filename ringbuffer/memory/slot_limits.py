"""How many slots there may be: a number that cannot fit is refused before it is allocated.

Some operating systems grant more memory than there is, and kill the process later.
"""

import os
from typing import Final

from ringbuffer.checks import shown

#: The most slots that a ring or a queue may have.
LARGEST: Final = 1 << 30

#: The least that a slot takes, in bytes: a reference to its event or value.
SLOT_BYTES: Final = 8


def machine_memory() -> int | None:
    """The memory of the machine in bytes; None where the system does not report it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def check_slots(name: str, count: int) -> None:
    """Raise `ValueError` if there are too many slots, or if they cannot fit into this machine."""
    if count > LARGEST:
        raise ValueError(
            f"{name} must be at most {LARGEST:,}, not {shown(count)}. Nothing was allocated"
        )
    memory = machine_memory() if count > 1 << 20 else None
    if memory is not None and count * SLOT_BYTES > memory:
        raise ValueError(
            f"{name}={count:,} needs {count * SLOT_BYTES:,} bytes for its slots alone, and this "
            f"machine has {memory:,}: choose a smaller one. Nothing was allocated"
        )
