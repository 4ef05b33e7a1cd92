"""`Program`: a command line with subcommands. It imports only the requested command."""

import argparse
import codecs
import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ringbuffer.cli.arguments import Paragraphs

_EPILOG = """\
`{} COMMAND --help` explains a command.

exit codes: 0 all is well; 1 a check failed, or the run broke down; 2 the command line, or its
input, cannot be used; 130 interrupted"""


#: What a terminal may lack, and what it shows instead.
_INSTEAD: Final = {"µ": "u", "…": "...", "–": "-", "→": "->", "─": "-", "≥": ">=", "≤": "<="}


def _in_this_encoding(error: UnicodeError) -> tuple[str | bytes, int]:
    """Stand in for a character that the output's encoding lacks: a codec's error handler."""
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in _INSTEAD:
        return _INSTEAD[error.object[error.start]], error.start + 1
    if isinstance(error, UnicodeEncodeError):
        error.end = error.start + 1  # the next character may have something instead
    return codecs.backslashreplace_errors(error)


codecs.register_error("ringbuffer.instead", _in_this_encoding)


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
        if not given:
            self._parser("").print_help()
            return 0
        command = next((each for each in given if not each.startswith("-")), "")
        try:
            options = self._parser(command).parse_args(given)
            if isinstance(sys.stdout, io.TextIOWrapper):
                # A file name may have any bytes, and a terminal may lack a µ.
                sys.stdout.reconfigure(errors="ringbuffer.instead")
            code: int = options.run(options)
            sys.stdout.flush()
        except CommandError as error:
            print(f"{self.name} {command}: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(f"\n{self.name} {command}: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:  # the reader of the output closed it, as `head` does
            _drop_output()
            return 1
        except OSError as error:
            if not _is_of_output(error):
                raise
            print(f"{self.name} {command}: cannot write the output: {error}", file=sys.stderr)
            _drop_output()
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


def _is_of_output(error: OSError) -> bool:
    """Whether writing to standard output failed: the error names no file, and is one of writing."""
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def _drop_output() -> None:
    """Write what is left of the output nowhere; the interpreter would fail with it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
