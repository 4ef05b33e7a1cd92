"""`within`: a call in a thread of its own, that must end in time."""

import sys
import threading
import traceback
from collections.abc import Callable


class Wedged(Exception):
    """A call that must end did not."""


def within(seconds: float, what: str, function: Callable[[], object]) -> object:
    """What `function` returns or raises.

    Raises:
        Wedged: it has done neither in time; the error says where it stands.
    """
    results: list[object] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        frame = sys._current_frames().get(thread.ident or 0)
        where = (
            "".join(traceback.format_stack(frame)[-6:])
            if frame is not None
            else "(it has just ended)"
        )
        raise Wedged(f"{what} did not end within {seconds} s:\n{where}")
    if errors:
        raise errors[0]
    return results[0]
