"""`new_event_loop`: the event loops of the library's threads, which a child leaves to its parent.

asyncio waits for files by an object of the kernel, such as that of `epoll`, and a child that
`os.fork` makes has the same object. If a coroutine function forks and returns in the child, its
loop ends there, and takes its own files out of that object. The loop of the parent would then sleep
forever: nothing could wake it. It could also lose a wake-up, which the child reads.

So the selector of these loops lets go of the kernel's object on the way into a child. There, a loop
still runs what is ready, and thus ends, but it sees no file, and waits for nothing.
"""

import asyncio
import os
import selectors
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from ringbuffer.forks import forked, made_here

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop for a thread of the library.

    If the program has set a policy of asyncio that makes loops of another kind, it is one of those.

    Raises:
        OSError: no file descriptor is left.
    """
    made = asyncio.new_event_loop()
    if type(made) is not asyncio.SelectorEventLoop or not hasattr(os, "fork"):
        return made
    made.close()
    selector = _Selector()
    try:
        return asyncio.SelectorEventLoop(selector)
    except BaseException:
        selector.close()
        raise


class _Selector(selectors.BaseSelector):
    """The selector of the system; in a child, one that sees nothing. One thread."""

    #: In a child it refuses no call: the loop must end.
    _in_child = None

    def __init__(self) -> None:
        self._selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._bind()
        made_here(self)

    def _bind(self) -> None:
        """Let the loop call the selector directly.

        The constructor of a loop registers a file. An interrupt in a method of ours would leave the
        loop half made, with open sockets that nothing closes.
        """
        for name in ("register", "unregister", "modify", "select", "get_map"):
            setattr(self, name, getattr(self._selector, name))

    def _after_fork(self, made_in: int) -> None:
        inherited, self._selector = self._selector, _Blind(made_in)
        self._bind()
        inherited.close()  # only this process's descriptor of it

    def register(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._selector.register(fileobj, events, data)

    def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        return self._selector.unregister(fileobj)

    def modify(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._selector.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._selector.select(timeout)

    def close(self) -> None:
        self._selector.close()

    def get_map(self) -> Mapping["FileDescriptorLike", selectors.SelectorKey]:
        return self._selector.get_map()


class _Blind(selectors.BaseSelector):
    """What a loop of the parent has in a child: no file is registered, and none can be."""

    def __init__(self, made_in: int) -> None:
        self._made_in: Final = made_in

    def register(self, fileobj: "FileDescriptorLike", events: int, data: object = None) -> NoReturn:
        raise forked("an event loop", self._made_in)

    def unregister(self, fileobj: "FileDescriptorLike") -> NoReturn:
        raise KeyError(f"{fileobj!r} is not registered")

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Returns nothing; refuses to wait, since no thread and no file can end the wait."""
        if timeout is None or timeout > 0:
            raise forked("an event loop", self._made_in)
        return []

    def get_map(self) -> Mapping["FileDescriptorLike", selectors.SelectorKey]:
        return {}
