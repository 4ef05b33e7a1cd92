"""The command line's entry: it finds the subcommand, imports that one alone, and leaves the rest to it."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from ringbuffer import __version__
from ringbuffer.cli.arguments import Paragraphs

#: What each command is for. Its module is `ringbuffer.cli.NAME.command`, with `add_to(parser)`, which sets `run`.
COMMANDS: Final = {
    "demo": "replay real input through a diamond of consumers, and check what came out",
    "doctor": "does this machine suit the library?",
    "bench": "measure throughput and latency beside the standard library's queues",
    "stress": "run rings of random shapes and account for every event",
    "check": "model-check the protocol with TLC (in a checkout of the repository)",
    "top": "watch a running program's rings",
}
_EPILOG: Final = """\
`ringbuffer COMMAND --help` explains a command.

exit codes: 0 all is well; 1 a check failed, or the run broke down; 2 the command line, or its input, cannot be used;
130 interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    name = next((each for each in given if not each.startswith("-")), "")
    try:
        options = _parser(name).parse_args(given)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # file names may be anything, and terminals may lack a µ
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"\nringbuffer {name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 1
    return code


def _parser(name: str) -> argparse.ArgumentParser:
    """For all commands, of which `name` knows its arguments."""
    parser = argparse.ArgumentParser(
        prog="ringbuffer", description="A Disruptor for free-threaded Python.", epilog=_EPILOG, formatter_class=Paragraphs
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for each, says in COMMANDS.items():
        command = commands.add_parser(each, help=says, formatter_class=Paragraphs)
        if each == name:
            importlib.import_module(f"ringbuffer.cli.{each}.command").add_to(command)
    return parser
