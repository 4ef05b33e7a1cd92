"""Checks of arguments that many functions share.

They raise early, and say what is wrong, the value, and what to do.
"""

import inspect
import operator
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, SupportsIndex, overload

#: A duration: a number of seconds, or a `timedelta`.
type Duration = float | timedelta

#: The longest duration, in seconds: the locks and clocks of every platform take it. About 30 years,
#: or 46 days on Windows, whose locks count milliseconds in 32 bits.
ENDLESS: Final = 4e6 if sys.platform == "win32" else 1e9

#: What replaces a number that is too large for a float.
LARGEST_FLOAT: Final = sys.float_info.max


def check_timeout(timeout: Duration | None) -> float | None:
    """Returns `timeout` in seconds, or None if it sets no limit or exceeds `ENDLESS` seconds.

    Accepts a `timedelta`, and any real number, by `__float__`. A negative one is a time that has
    passed already.

    Raises:
        TypeError: it is neither a number of seconds nor a `timedelta`.
        ValueError: it is NaN.
    """
    if timeout is None:
        return None
    if type(timeout) is not float and type(timeout) is not int:
        timeout = _real("timeout", timeout, "a number of seconds, or None", ". Nothing was done")
    if timeout > ENDLESS:
        return None
    if timeout < -ENDLESS:  # a sum with such an integer would not fit into a float
        return -ENDLESS
    if timeout != timeout:
        raise ValueError("timeout must be a number of seconds, or None, not nan. Nothing was done")
    return timeout


def check_duration(name: str, value: Duration, *, allow_zero: bool = False) -> float:
    """Returns `value` in seconds, at most `ENDLESS`, if it is a positive and finite duration.

    Accepts a `timedelta`, and any real number, by `__float__`. A duration longer than `ENDLESS` is
    shortened here, so that it cannot fail where it is used.

    Args:
        name: what the message calls it.
        value: the duration in seconds.
        allow_zero: whether 0 is a duration too.

    Raises:
        TypeError: it is neither a number of seconds nor a `timedelta`.
        ValueError: it is negative, infinite or not a number; or 0, unless `allow_zero`.
    """
    what = (
        "a number of seconds, 0 or more and finite"
        if allow_zero
        else "a positive number of seconds"
    )
    number = value if type(value) is float or type(value) is int else _real(name, value, what)
    # NaN compares as False.
    if not (number > 0 or (allow_zero and number == 0)) or number == float("inf"):
        raise ValueError(f"{name} must be {what}, not {shown(value)}")
    return min(number, ENDLESS)


def check_real(name: str, value: float, low: float, high: float = float("inf")) -> float:
    """Returns `value` as a float, if it is a finite number from `low` to `high`.

    Raises:
        TypeError: it is not a real number.
        ValueError: it is out of range, infinite, or not a number.
    """
    number = _real(name, value, "a number")
    if not low <= number <= high or number == float("inf"):
        limit = f"from {low} to {high}" if high != float("inf") else f"{low} or more, and finite"
        raise ValueError(f"{name} must be {limit}, not {shown(value)}")
    return number


def _real(name: str, value: object, what: str, end: str = "") -> float:
    """Returns `value` as a float; a number that is too large for one becomes the largest one.

    Raises:
        TypeError: it is not a real number.
        ValueError: it cannot be turned into one.
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    kind = type(value)
    if isinstance(value, bool | str | bytes | bytearray) or not (
        hasattr(kind, "__float__") or hasattr(kind, "__index__")
    ):
        raise TypeError(f"{name} must be {what}, not {value!r}{end}")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return LARGEST_FLOAT if value > 0 else -LARGEST_FLOAT  # type: ignore[operator]
    except (TypeError, ValueError) as error:  # such as an array of several numbers
        raise type(error)(f"{name} must be {what}, not {value!r}: {error}{end}") from error


def shown(value: object) -> str:
    """Returns `value` for a message; for an integer with too many digits, its number of bits."""
    try:
        return repr(value)
    except ValueError:
        return (
            f"an integer of {value.bit_length()} bits"
            if isinstance(value, int)
            else f"a {type(value).__qualname__}"
        )


def check_integer(
    name: str, value: SupportsIndex, least: int | None = None, *, what: str = "an integer"
) -> int:
    """Returns `value` as an `int`. Accepts any integer, such as numpy's, by `__index__`; no `bool`.

    Args:
        name: what the message calls it.
        value: the integer.
        least: the least that it may be; None sets no limit.
        what: what the message says that it must be.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is less than `least`.
    """
    if type(value) is not int:
        try:
            if isinstance(value, bool):
                raise TypeError
            value = int(operator.index(value))
        except TypeError:
            raise TypeError(f"{name} must be {what}, not {value!r}") from None
    if least is not None and value < least:
        raise ValueError(f"{name} must be {least} or more, not {shown(value)}")
    return value


@overload
def check_at_least_one(name: str, value: int) -> int: ...
@overload
def check_at_least_one(name: str, value: int | None) -> int | None: ...
def check_at_least_one(name: str, value: int | None) -> int | None:
    """Returns `value`, a number of events, as an `int`; or None. See `check_integer`.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is less than 1.
    """
    if value is None:
        return None
    number = check_integer(name, value, what="an integer, or None")
    if number < 1:
        raise ValueError(f"{name} must be 1 or more, or None, not {shown(number)}")
    return number


def check_is_instance_with(what: str, value: object, **methods: int) -> None:
    """Raise `TypeError` unless `value` is an object with these plain methods, and not a class.

    Args:
        what: what the message calls it.
        value: the object.
        methods: the number of arguments of each method, by its name.
    """
    if isinstance(value, type):
        raise TypeError(
            f"{what} must be an object: pass {value.__name__}(), not the class {value!r}"
        )
    for name, arguments in methods.items():
        method = getattr(value, name, None)
        if not callable(method):
            raise TypeError(f"{what} must have a method {name}; {value!r} has none")
        check_can_be_called(f"{name} of {what} {value!r}", method, arguments)
        if inspect.iscoroutinefunction(method):
            raise TypeError(
                f"{name} of {what} {value!r} is asynchronous, and would not be awaited; make it a "
                f"plain function"
            )


def is_coroutine_function(function: object) -> bool:
    """Whether it is a coroutine function, or an object whose call is one."""
    called = getattr(function, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def check_can_be_called(what: str, function: Callable[..., Any], arguments: int) -> None:
    """Raise `TypeError` unless `function` can be called with `arguments` arguments and then runs.

    A generator function does not run when it is called.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{what} is a generator function: calling it would run none of it. Remove the yield"
        )
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return  # a C function without a signature
    try:
        signature.bind(*range(arguments))
    except TypeError as error:
        raise TypeError(
            f"{what} must take {arguments} argument(s), but it is {signature}: {error}"
        ) from None
