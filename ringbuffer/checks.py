"""Checks of arguments that many functions share: what is wrong is said early, with the value and what to do."""

import inspect
from collections.abc import Callable
from typing import Any, Final

#: Waits longer than this, in seconds, have no limit: about 30 years, and less than any platform's clock can hold.
ENDLESS: Final = 1e9


def check_timeout(timeout: float | None) -> float | None:
    """`timeout` in seconds; None where it sets no limit.

    Raises:
        TypeError: it is no number.
        ValueError: it is not a number.
    """
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds, or None, not {timeout!r}. Nothing was done")
    if timeout != timeout:  # not a number
        raise ValueError("timeout must be a number of seconds, or None, not nan. Nothing was done")
    return None if timeout > ENDLESS else timeout


def check_at_least_one(name: str, value: int | None) -> int | None:
    """`value`, a number of events, or None.

    Raises:
        TypeError: it is no integer.
        ValueError: it is less than 1.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, or None, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, or None, not {value!r}")
    return value


def check_is_instance_with(what: str, value: object, **methods: int) -> None:
    """Raise `TypeError` unless `value` is an object, and no class, with these plain methods, of so many arguments each."""
    if isinstance(value, type):
        raise TypeError(f"{what} must be an object: pass {value.__name__}(), not the class {value!r}")
    for name, arguments in methods.items():
        method = getattr(value, name, None)
        if not callable(method):
            raise TypeError(f"{what} must have a method {name}; {value!r} has none")
        check_can_be_called(f"{name} of {what} {value!r}", method, arguments)
        if inspect.iscoroutinefunction(method):
            raise TypeError(f"{name} of {what} {value!r} is asynchronous, and nobody would await it")


def check_can_be_called(what: str, function: Callable[..., Any], arguments: int) -> None:
    """Raise `TypeError` if `function` cannot be called with so many arguments, or would do nothing when it is."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{what} is a generator function: calling it would run none of it. Remove the yield")
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return  # a function of C that does not tell
    try:
        signature.bind(*range(arguments))
    except TypeError as error:
        raise TypeError(f"{what} must take {arguments} argument(s), but it is {signature}: {error}") from None
