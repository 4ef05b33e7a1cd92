"""What a measurement ran on."""

import importlib.metadata
import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any, Final

#: Distributions whose versions matter.
DISTRIBUTIONS: Final = ("ringbuffer-ft", "atomics", "janus", "culsans", "aiologic", "ft-utils", "pyring")


def describe() -> dict[str, Any]:
    """Processors, system, interpreter, GIL, versions, load."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": sys.version,
        "free_threaded": sysconfig.get_config_var("Py_GIL_DISABLED") == 1,
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "versions": {name: version for name in DISTRIBUTIONS if (version := _version(name)) is not None},
    }


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two measurements can be compared in absolute numbers."""
    return all(one.get(key) == other.get(key) for key in ("processor", "cores", "python", "gil"))


def is_busy(machine: dict[str, Any]) -> bool:
    """Whether others used the machine when the measurement began."""
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
