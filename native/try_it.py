"""Try a wheel that was built: the values are right, and the GIL stays off where it can be."""

import sys
import sysconfig
import threading

from ringbuffer_native import CellView, FlagView

THREADS, TIMES = 4, 20_000
memory = bytearray(128)


def add() -> None:
    """Add many times, by swaps."""
    view = CellView(memory, 64)
    for _ in range(TIMES):
        while not view.compare_and_set(value := view.get(), value + 1):
            pass


threads = [threading.Thread(target=add) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert CellView(memory, 64).get() == THREADS * TIMES
flags = FlagView(memory, 64)
flags.fill(3, 9, 1)
assert flags.find(1, 0, 64) == 3
assert bytes(memory[:64]) == b"\0" * 3 + b"\1" * 6 + b"\0" * 55
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    assert not sys._is_gil_enabled()
