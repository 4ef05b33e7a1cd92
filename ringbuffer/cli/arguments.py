"""Arguments that several commands share, checked before anything runs; and the format of help."""

import argparse
import textwrap

from ringbuffer.checks import check_duration


class Paragraphs(argparse.HelpFormatter):
    """Wraps each paragraph of a description separately; argparse would join them into one."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip().split("\n\n")
        filled = (
            textwrap.fill(each, width, initial_indent=indent, subsequent_indent=indent)
            for each in paragraphs
        )
        return "\n\n".join(filled)


def positive_seconds(text: str) -> float:
    """Returns a finite number of seconds, above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    try:
        return check_duration("seconds", seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"a positive number of seconds is needed, not {text!r}"
        ) from None


def count(text: str) -> int:
    """Returns a whole number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more is needed, not {text!r}")
    return int(text)
