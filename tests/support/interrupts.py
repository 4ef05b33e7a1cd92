"""Interrupts for tests, at any moment: by a signal, or of another thread."""

import ctypes
import random
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.support.threads import PATIENCE, Background


class Interrupted(BaseException):
    """In place of `KeyboardInterrupt`, which means something to pytest."""


def by_signal(work: Callable[[], object], chance: random.Random) -> None:
    """Run `work`, which never ends, until a signal handler raises in it. Main thread only.

    CPython ignores what the handler raises in a finalizer, or in a callback of a weak reference.
    Then the signal is sent again.
    """
    main, turns = threading.get_ident(), chance.randrange(2000)
    go, over = threading.Event(), threading.Event()
    armed, in_hook = [True], list[bool]()

    def handle(number: int, frame: FrameType | None) -> None:
        if in_hook:
            go.set()  # what is raised in the hook is ignored too
        elif armed:
            armed.clear()
            raise Interrupted

    def send() -> None:
        # Ends: the work is over, or its thread is interrupted, which ends the work.
        while True:
            assert go.wait(PATIENCE)
            go.clear()
            if over.is_set():
                return
            for _ in range(turns):
                pass
            signal.pthread_kill(main, signal.SIGUSR1)

    def ignored(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, Interrupted):
            hook(unraisable)
            return
        in_hook.append(True)
        armed.append(True)
        go.set()
        in_hook.clear()

    before, hook = signal.signal(signal.SIGUSR1, handle), sys.unraisablehook
    sys.unraisablehook = ignored
    try:
        with Background(send):
            try:
                go.set()
                work()
            except Interrupted:
                pass
            finally:
                over.set()
                go.set()
        assert not armed
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGUSR1, before)


def by_another_thread(work: Callable[[], object], chance: random.Random) -> None:
    """Run `work`, which never ends, until another thread raises an exception in its thread."""
    begun = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            try:
                begun.set()
                work()
            except Interrupted:
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(PATIENCE)
    for _ in range(chance.randrange(2000)):
        pass
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupted)
    )
    thread.join(PATIENCE)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


def without_look(action: Callable[[], object]) -> Any:
    """An object of which `+` calls `action`, a function of C; CPython looks for no signal then.

    After an ordinary call of a function of C it looks.
    """
    return type("WithoutLook", (), {"__pos__": staticmethod(action)})()
