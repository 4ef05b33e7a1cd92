"""Every memory that this machine has: each source of operations, with each kind of words."""

from collections.abc import Iterator

from ringbuffer.memory import ProcessMemory, WordKind
from ringbuffer.memory.choice import installed
from ringbuffer.memory.words import allowed_kinds


def memories() -> dict[str, ProcessMemory]:
    """Returns the memories by their names, as "atomics, plain moves"; the default is the first."""
    return dict(_memories())


def _memories() -> Iterator[tuple[str, ProcessMemory]]:
    for source in installed():
        if source == "native":
            yield source, ProcessMemory(atomics=source)
            continue
        for kind in allowed_kinds():
            yield f"{source}, {kind.value}", ProcessMemory(atomics=source, words=kind)


def ordered_memories() -> dict[str, ProcessMemory]:
    """Returns the memories of the default source with each kind of words that is not a move."""
    source = installed()[0]
    kinds = (kind for kind in allowed_kinds() if kind is not WordKind.PLAIN)
    return {kind.value: ProcessMemory(atomics=source, words=kind) for kind in kinds}
