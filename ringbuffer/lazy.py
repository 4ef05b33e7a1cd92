"""Public names whose module is loaded when they are first used.

`AsyncQueue`, for example, needs asyncio, which loads ssl and a hundred other modules. A program
that uses only threads does not need them, so `import ringbuffer` does not load them. A package
gives the names to `lazy_names` and binds what it returns as its `__getattr__` and `__dir__` (PEP
562). Type checkers read the same imports under `TYPE_CHECKING`.
"""

import importlib
import sys
from collections.abc import Callable, Mapping


def lazy_names(
    package: str,
    modules: Mapping[str, str],
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Returns `__getattr__` and `__dir__` for a package. Any thread may call both.

    Two threads may use a name for the first time at the same moment: the import lock lets one load
    the module, and both store the same object.

    Args:
        package: its `__name__`.
        modules: for each name, the module that defines or exports it.
    """
    namespace = vars(sys.modules[package])

    def load(name: str) -> object:
        """Loads the module, and stores the object, so that the next use does not call this.

        Raises:
            AttributeError: the package has no such name.
        """
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        thing = namespace[name] = getattr(importlib.import_module(modules[name]), name)
        return thing

    def names() -> list[str]:
        """The names that are bound, and those that are not yet."""
        return sorted(namespace.keys() | modules.keys())

    return load, names
