"""`show_as`: gives a function in a slot the name and documentation of the method it stands for.

The operations of a `Producer` are closures, see `single.py` and `multi.py`. `help`,
`inspect.signature` and an editor show the method of `EventSink` instead of the closure's own name
and parameters.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def show_as[F: Callable[..., Any]](owner: str, method: Callable[..., Any], function: F) -> F:
    """Returns `function`, with the name, signature and docstring of `method` of class `owner`."""
    shown: Any = function
    shown.__name__ = method.__name__
    shown.__qualname__ = f"{owner}.{method.__name__}"
    shown.__doc__ = method.__doc__
    shown.__signature__ = signature_of(method)
    return function


@functools.cache
def signature_of(method: Callable[..., Any]) -> inspect.Signature:
    """The signature of a method as `inspect` shows it for a bound method."""
    signature = inspect.signature(method)
    return signature.replace(parameters=list(signature.parameters.values())[1:])
