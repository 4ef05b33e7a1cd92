"""`ringbuffer top`: its arguments, its loop, its exit code."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from ringbuffer.cli.arguments import positive_seconds
from ringbuffer.programs.top.client import Client, EndpointError
from ringbuffer.programs.top.view import view

_DESCRIPTION: Final = """\
Show a running program's rings: how full they are, how fast events go in and out, and how far behind
each consumer is. The program must open `ringbuffer.diagnostics.Endpoint(disruptor, port=9876)`,
which only this machine can reach. Ctrl-C ends the view."""

_EPILOG: Final = """\
exit codes: 0 ended by Ctrl-C, or shown once; 1 the endpoint does not answer, or no longer answers;
2 the command line is not valid"""

#: Clears the screen and moves the cursor to its upper left corner.
_CLEAR: Final = "\x1b[H\x1b[2J"


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's description and its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "endpoint", metavar="PORT", type=_client, help="the endpoint's port, or its url"
    )
    parser.add_argument("--once", action="store_true", help="show the view once, and end")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the endpoint's statistics as JSON, one line each time",
    )
    parser.add_argument(
        "--interval",
        type=positive_seconds,
        default=1.0,
        metavar="SECONDS",
        help="time between two views (default: %(default)g)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the view repeatedly, until Ctrl-C or the end of the program. Returns the exit code."""
    return watch(
        options.endpoint,
        sys.stdout,
        options.once,
        options.json,
        lambda: time.sleep(options.interval),
    )


def watch(
    client: Client, out: TextIO, once: bool, as_json: bool, pause: Callable[[], object]
) -> int:
    """Show the view, then pause, repeatedly.

    Terminates because of Ctrl-C, or because the endpoint does not answer. Returns the exit code.
    """
    clear = _CLEAR if out.isatty() and not once and not as_json else ""
    try:
        while True:
            told = client.statistics()
            print(json.dumps(told) if as_json else f"{clear}{view(told)}", file=out, flush=True)
            if once:
                return 0
            pause()
    except EndpointError as error:
        print(f"ringbuffer top: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _client(text: str) -> Client:
    try:
        return Client(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
