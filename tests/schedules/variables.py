"""`each_access`: each access to a variable of a closure is a step.

Such a variable goes through no memory provider. `lines` makes each line of some functions a step;
here it is only the lines that name the variable, and the step says what was loaded or stored. So
it can be compared with a step of a model.
"""

import contextlib
import dis
import functools
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from tests.schedules.world import World


@contextlib.contextmanager
def each_access(world: World, module: str, variable: str) -> Iterator[None]:
    """In the calling task: each line that stores or loads the variable is a step.

    The functions are those of the module in whose closures the variable is. The function that has
    made them gives the variable its first value, which is not a step.

    Args:
        world: of the run.
        module: its name.
        variable: its name, and that of the place. A line that loads and stores it counts as a
            store.
    """
    scheduler = world.scheduler
    location = next((each for each in scheduler.locations if each.name == variable), None)
    if location is None:
        location = world.memory.location("variable", None)
        location.name = variable

    def on_call(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_globals.get("__name__") != module:
            return None
        kinds = kinds_of_lines(frame.f_code, variable)
        begun: str | None = None

        def on_line(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal begun
            if begun is not None:
                value = frame.f_locals[variable]
                changed = location.value != value
                location.value = value
                scheduler.did(begun, location, value, wrote=changed)
            begun = kinds.get(frame.f_lineno) if event == "line" else None
            if begun is not None:
                scheduler.reach(begun, location, writes=begun == "store")
            return on_line

        return on_line if kinds else None

    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(None)


@functools.cache
def kinds_of_lines(code: CodeType, variable: str) -> dict[int, str]:
    """The lines that access a variable of an enclosing function: "store", or "load"."""
    kinds: dict[int, str] = {}
    if variable in code.co_freevars:
        for each in dis.get_instructions(code):
            if each.argval == variable and each.line_number is not None:
                if each.opname == "STORE_DEREF":
                    kinds[each.line_number] = "store"
                elif each.opname == "LOAD_DEREF":
                    kinds.setdefault(each.line_number, "load")
    return kinds
