"""What is noted for a child, and what runs first in it."""

import gc
import itertools
import os
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from ringbuffer.forks.refusing import MARK, mark, refuses


class _References[T]:
    """Weak references to objects, in the order in which they were added. Any thread."""

    def __init__(self) -> None:
        self._references: Final[dict[int, weakref.ref[Any]]] = {}
        self._numbers: Final = itertools.count()

    def add(self, thing: T) -> None:
        number, references = next(self._numbers), self._references
        # The callback is C: CPython ignores what a signal handler raises in one that is Python, and
        # an interrupt would be lost. `pop` falls back to the reference that it is given.
        references[number] = weakref.ref(thing, partial(references.pop, number))

    def __iter__(self) -> Iterator[T]:
        return (thing for each in tuple(self._references.values()) if (thing := each()) is not None)

    def clear(self) -> None:
        self._references.clear()


_locks: Final = _References[Any]()
_things: Final = _References[object]()
#: The process that runs this code.
_process = os.getpid()


def renewed_in_child[L](lock: L) -> L:
    """Note a lock, and return it. In a child it is made anew: a thread that is gone may hold it.

    Every lock of CPython has the method for that, which the standard library uses too.
    """
    _locks.add(lock)
    return lock


def made_here(thing: object) -> None:
    """Note an object that must refuse every call in a child.

    If its class has slots only, it derives from `Noted`. The class may have `_after_fork(made_in)`,
    which is called in the child with the number of the process that made the object. It must not
    wait, and must allow for a second call. The class may have `_in_child`: what calls return
    instead of raising, by name. With `_in_child = None` the object refuses nothing.
    """
    if refuses(type(thing)):
        object.__setattr__(thing, MARK, None)
    _things.add(thing)


def _enter_child() -> None:
    """Runs in a child after a fork. Raises errors at the end: CPython prints them and goes on."""
    collects = gc.isenabled()
    gc.disable()
    try:
        _leave_all_behind()
    except BaseException:
        _leave_all_behind()  # after an interrupt; each step may be done twice
        raise
    finally:
        if collects:
            gc.enable()


def _leave_all_behind() -> None:
    global _process
    failures: list[Exception] = []
    for lock in _locks:
        lock._at_fork_reinit()
    for thing in _things:
        try:
            _leave_behind(thing, _process)
        except Exception as failure:
            failures.append(failure)
    _things.clear()
    _process = os.getpid()
    if failures:
        raise ExceptionGroup("objects that may hang in this process, which was forked", failures)


def _leave_behind(thing: object, made_in: int) -> None:
    after_fork: Callable[[int], object] | None = getattr(thing, "_after_fork", None)
    try:
        if after_fork is not None:
            after_fork(made_in)
    finally:
        if refuses(type(thing)):
            mark(thing, made_in)


if hasattr(os, "register_at_fork"):  # where there is no fork, there is no child to enter
    os.register_at_fork(after_in_child=_enter_child)
