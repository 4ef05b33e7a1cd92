"""Builds the native cells, and tries the library with them and without `atomics`."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

type Run = Callable[[Sequence[str | Path], Path], str]

#: Prints where the operations come from, and what a ring of two producers handled.
_PROGRAM: Final = """\
import importlib.util, json, sys, threading
from ringbuffer import Disruptor, ProducerType
from ringbuffer.memory import PROCESS_MEMORY, ProcessMemory

memory = ProcessMemory(atomics=sys.argv[1])
handled = []
disruptor = Disruptor.of_values(64, ProducerType.MULTI, memory=memory)
disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
with disruptor:
    shares = [range(first, 20_000, 2) for first in (0, 1)]
    threads = [
        threading.Thread(target=lambda share=share: disruptor.publish_values(share))
        for share in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert sorted(handled) == list(range(20_000)), len(handled)
print(json.dumps({
    "atomics": importlib.util.find_spec("atomics") is not None,
    "default": PROCESS_MEMORY.atomics.name,
    "source": memory.atomics.source,
    "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
}))
"""


class Error(Exception):
    """The library does not run as it must, with native cells or without `atomics`."""


def build(project: Path, folder: Path, run: Run) -> list[Path]:
    """Build the wheel and the source distribution of the native cells into `folder`."""
    source = folder / "native-source"  # setuptools writes beside the source
    shutil.copytree(project / "native", source)
    before = set(folder.iterdir())
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source], folder)
    shutil.rmtree(source)
    return sorted(set(folder.iterdir()) - before)


def check(python: Path, wheel: Path, folder: Path, run: Run, free_threaded: bool) -> list[str]:
    """Install the native cells, remove `atomics`, and run the library. Returns a line for each way.

    Args:
        python: of an environment that has the library, and that this changes.
        wheel: of the native cells.
        folder: where the commands run.
        run: runs a command there, and returns what it prints.
        free_threaded: whether the GIL must be off.

    Raises:
        Error: another source than the one that was asked for served, or the GIL is on.
    """
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "-q"]
    run([*pip, "install", "--no-deps", wheel], folder)
    run([*pip, "uninstall", "--yes", "atomics", "cffi", "pycparser"], folder)
    lines = list[str]()
    for name in ("native", "libatomic"):
        told = json.loads(run([python, "-c", _PROGRAM, name], folder))
        if told["atomics"] or told["default"] != "native" or (free_threaded and told["gil"]):
            raise Error(f"with atomics={name!r} this came: {told}")
        lines.append(f"{told['source']}: 20,000 events of two producers, each once")
    return lines
