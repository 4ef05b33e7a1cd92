"""The tests of forks run without the collector, in the parent and in its children.

CPython 3.13t may fork while another thread is about to stop all threads, as it does to collect. The
child then hangs, whatever it does: see docs/free-threading.md, "Properties of 3.13t". What these
tests are about is what the library does in a child.
"""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def without_the_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()
