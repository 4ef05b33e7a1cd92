"""`Program`: a command line with subcommands. It imports only the requested command."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringbuffer.cli.arguments import Paragraphs

_EPILOG = """\
`{} COMMAND --help` explains a command.

exit codes: 0 all is well; 1 a check failed, or the run broke down; 2 the command line, or its
input, cannot be used; 130 interrupted"""


class CommandError(Exception):
    """A command cannot run. The message says why, and what to do."""


@dataclass(frozen=True)
class Program:
    """A command line with subcommands.

    Attributes:
        name: the name of the program, such as "ringbuffer".
        description: its purpose.
        modules: the name of the module of a command, with `{}` for the command. The module has
            `add_to(parser)`, which sets `run`.
        commands: the purpose of each command.
        version: what `--version` prints; None omits that option.
    """

    name: str
    description: str
    modules: str
    commands: Mapping[str, str]
    version: str | None = None

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Run one command. Returns its exit code."""
        given = sys.argv[1:] if arguments is None else arguments
        command = next((each for each in given if not each.startswith("-")), "")
        try:
            options = self._parser(command).parse_args(given)
            if isinstance(sys.stdout, io.TextIOWrapper):
                # A file name may have any bytes, and a terminal may lack a µ.
                sys.stdout.reconfigure(errors="backslashreplace")
            code: int = options.run(options)
            sys.stdout.flush()
        except CommandError as error:
            print(f"{self.name} {command}: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(f"\n{self.name} {command}: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:
            # The reader of the output closed it, as `head` does. Without this line, the interpreter
            # prints an error when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        return code

    def _parser(self, asked_for: str) -> argparse.ArgumentParser:
        """The parser of all commands. Only the requested command adds its arguments."""
        parser = argparse.ArgumentParser(
            prog=self.name,
            description=self.description,
            epilog=_EPILOG.format(self.name),
            formatter_class=Paragraphs,
        )
        if self.version is not None:
            parser.add_argument("--version", action="version", version=f"%(prog)s {self.version}")
        commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
        for name, says in self.commands.items():
            command = commands.add_parser(name, help=says, formatter_class=Paragraphs)
            if name == asked_for:
                importlib.import_module(self.modules.format(name)).add_to(command)
        return parser
