"""Whole programs, run by this interpreter in a process of their own."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.threads import PATIENCE

PROJECT = Path(__file__).parents[3]


def arguments(source: str, *options: str) -> list[str]:
    return [sys.executable, *options, "-c", textwrap.dedent(source)]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(PROJECT)}


def run(source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; one that hangs is killed, and fails the test."""
    return subprocess.run(
        arguments(source, *options),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
