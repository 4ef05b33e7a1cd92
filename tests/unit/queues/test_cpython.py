"""CPython's own tests of `queue.Queue`, on `ringbuffer.Queue`.

They are a part of CPython's installation that some distributions leave out; where they are missing
this fails, since it is the measure of a drop-in.
"""

import queue
import unittest
from typing import TYPE_CHECKING, Any

import ringbuffer

if TYPE_CHECKING:

    class Mixin: ...

else:
    try:
        from test.test_queue import BaseQueueTestMixin as Mixin
    except ImportError as error:
        raise ImportError(
            "this interpreter comes without CPython's tests (the package `test`): "
            "use the one that `make venv` builds"
        ) from error

#: Stands for "without a bound": more items than the tests put without taking any.
LARGE = 1 << 17


class Queue(ringbuffer.Queue[Any]):
    """With a large bound where a test asks for none. The tests look at the name of the class."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize or LARGE)


class TestQueue(Mixin, unittest.TestCase):
    """Every test of the mixin."""

    queue = queue
    type2test = Queue


def test_the_tests_are_there() -> None:
    names = unittest.TestLoader().getTestCaseNames(TestQueue)
    assert len(names) >= 24
