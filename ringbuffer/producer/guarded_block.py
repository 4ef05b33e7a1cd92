"""`GuardedBlock`: a `with` block that ends even if an interrupt comes at the entry of its end."""

import functools
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any


class GuardedExit:
    """`__exit__` of a `GuardedBlock`: even an interrupt at its entry leaves nothing open.

    No `try` can catch an interrupt there. A `with` statement asks for `__exit__` before it calls
    `__enter__`, and drops the result at its end, even if calling it raised. So it gets an object of
    its own, to which nothing else refers. If that object is gone, `_left` ends a block that is
    still open, before the exception propagates.
    """

    def __get__(self, owner: Any, kind: Any) -> Callable[..., None]:
        leave: Callable[..., None] = kind._leave if owner is None else owner._guarded_exit()
        return leave


class GuardedBlock(ABC):
    """Has an `__exit__` that calls `_leave`; and `_left` after that, whatever became of `_leave`.

    Attributes:
        _guard: None until a `with` statement enters the block. The constructor sets it: a call of
            this class's constructor would take time at each claim.
    """

    __slots__ = ("__weakref__", "_guard")

    _guard: object

    if TYPE_CHECKING:

        def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
            """See `_leave`."""
    else:
        __exit__ = GuardedExit()

    def _guarded_exit(self) -> Callable[..., None]:
        """The function that a `with` statement calls at its end, and refers to until then."""
        leave = functools.partial(self._leave)
        self._guard = weakref.ref(leave, self._left)
        return leave

    @abstractmethod
    def _leave(self, kind: object, error: BaseException | None, trace: object) -> None:
        """The end of the block."""

    @abstractmethod
    def _left(self, guard: object) -> None:
        """End the block if `_leave` has not; called when nothing refers to `_leave` any more."""
