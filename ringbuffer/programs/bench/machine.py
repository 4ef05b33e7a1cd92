"""Describes the machine of a measurement."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ringbuffer.programs.interpreter import FREE_THREADED, gil_is_on

#: Distributions whose versions always matter.
DISTRIBUTIONS: Final = ("ringbuffer-ft", "atomics")


def describe(distributions: Sequence[str] = DISTRIBUTIONS) -> dict[str, Any]:
    """Processor, cores, system, interpreter, GIL, load, and versions of the `distributions`."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": sys.version,
        "free_threaded": FREE_THREADED,
        "gil": gil_is_on(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "versions": {
            name: version for name in distributions if (version := _version(name)) is not None
        },
    }


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two measurements can be compared in absolute numbers."""
    return all(one.get(key) == other.get(key) for key in ("processor", "cores", "python", "gil"))


def is_busy(machine: dict[str, Any]) -> bool:
    """Whether other programs used the machine when the measurement began."""
    return bool(machine["load"]) and machine["load"][0] > 0.5


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
