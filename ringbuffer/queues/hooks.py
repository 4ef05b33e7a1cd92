"""`WithoutHooks`: refuses subclasses with methods that only the standard library's queues call."""

#: `queue.Queue` and `asyncio.Queue` call these to keep their items; their subclasses override them.
HOOKS = ("_init", "_qsize", "_put", "_get")


class WithoutHooks:
    """Base of the queues: refuses a subclass whose hooks, such as `_put`, would not be called."""

    __slots__ = ()

    def __init_subclass__(cls, **arguments: object) -> None:
        """Refuse a subclass that has hooks.

        Raises:
            TypeError: the new class, or another base of it, has one.
        """
        super().__init_subclass__(**arguments)
        hooks = [name for name in HOOKS if hasattr(cls, name)]
        if hooks:
            raise TypeError(
                f"{cls.__qualname__} has {', '.join(hooks)}, which the standard library's queues "
                f"call. This queue does not: its items are in the slots of a ring, first in, first "
                f"out. Override put and get, or derive from a queue of the standard library"
            )
