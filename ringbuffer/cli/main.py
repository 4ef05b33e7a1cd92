"""The command line's entry: it finds the subcommand and leaves the rest to it."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from ringbuffer import __version__
from ringbuffer.cli.bench import command as bench
from ringbuffer.cli.check import command as check
from ringbuffer.cli.demo import command as demo
from ringbuffer.cli.doctor import command as doctor
from ringbuffer.cli.stress import command as stress
from ringbuffer.cli.top import command as top

_EPILOG: Final = """
exit codes: 0 all is well; 1 a check failed, or the run broke down; 2 the command line, or its input, cannot be used;
130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    parser = argparse.ArgumentParser(prog="ringbuffer", description="A Disruptor for free-threaded Python.", epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, dest="command", metavar="COMMAND")
    demo.add_to(commands, epilog=_EPILOG)
    doctor.add_to(commands)
    bench.add_to(commands)
    stress.add_to(commands)
    check.add_to(commands)
    top.add_to(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may be anything, and terminals may lack a µ
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"ringbuffer {options.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 1
    return code
