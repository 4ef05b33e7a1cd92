"""The entry point of the command line."""

from collections.abc import Sequence
from typing import Final

from ringbuffer import __version__
from ringbuffer.cli.program import Program

#: The purpose of each command. Its module is `ringbuffer.cli.NAME`, with `add_to(parser)`, which
#: sets `run`. The program that it runs is in `ringbuffer.programs.NAME`.
COMMANDS: Final = {
    "demo": "replay real input through a diamond of consumers, and check the results",
    "doctor": "check whether this machine suits the library",
    "bench": "measure throughput and latency beside the standard library's queues",
    "stress": "run rings of random shapes and account for every event",
    "top": "watch a running program's rings",
}

PROGRAM: Final = Program(
    name="ringbuffer",
    description="A Disruptor for free-threaded Python.",
    modules="ringbuffer.cli.{}",
    commands=COMMANDS,
    version=__version__,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code."""
    return PROGRAM.run(arguments)
