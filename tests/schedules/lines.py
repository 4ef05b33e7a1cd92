"""`each_line`: a turn for the others before each line of some functions of the library.

A variable of a closure goes through no memory provider. Where other threads look at it, as a
shutdown looks at the last claim of a single producer, the lines that store and load it must be
steps.
"""

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ringbuffer import ProducerType
from tests.schedules.world import World

#: The modules in which a producer keeps its last claim in a variable, and the functions that touch
#: it: those of the producer, and those by which other threads look at it.
VARIABLES = {
    ProducerType.SINGLE: (
        "ringbuffer.producer.single",
        frozenset({"next_", "try_next", "try_put", "try_fill", "admits", "each"}),
        frozenset({"claimed_so_far"}),
    ),
    # The first of several producers has such a variable; the others look at it.
    ProducerType.AUTO: (
        "ringbuffer.producer.biased",
        frozenset({"next_", "try_next", "try_put", "try_fill", "renews", "each", "claimed_so_far"}),
        frozenset({"claimed_so_far"}),
    ),
}


def each_claim(
    world: World, kind: ProducerType, *, stores: bool
) -> contextlib.AbstractContextManager[None]:
    """In the calling task: each line is a step that touches the claims kept in a variable.

    Args:
        world: of the run.
        kind: of the ring.
        stores: whether the task claims; otherwise it looks at the claims of others.
    """
    if kind not in VARIABLES:
        return contextlib.nullcontext()
    module, claims, looks = VARIABLES[kind]
    return each_line(world, module, claims if stores else looks, "claimed", stores=stores)


@contextlib.contextmanager
def each_line(
    world: World, module: str, functions: frozenset[str], variable: str, *, stores: bool
) -> Iterator[None]:
    """In the calling task: each line of the named functions of a module is a step.

    Args:
        world: of the run.
        module: its name.
        functions: their names.
        variable: what they share.
        stores: whether the task stores it; then a step after which it has another value has written
        something.
    """
    scheduler = world.scheduler
    location = next((each for each in scheduler.locations if each.name == variable), None)
    if location is None:
        location = world.memory.location("variable", None)
        location.name = variable

    def on_line(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            value = frame.f_locals[variable]
            changed = location.value != value
            location.value = value
            if changed:
                scheduler.fence()  # the variable's own lock
            scheduler.did("line", location, (frame.f_lineno, value), wrote=changed)
            scheduler.reach("line", location, writes=stores)
        return on_line

    def on_call(frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        return (
            on_line
            if code.co_name in functions and frame.f_globals.get("__name__") == module
            else None
        )

    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(None)
