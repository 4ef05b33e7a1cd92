"""Arguments that several commands have, checked before anything runs; and how their help looks."""

import argparse
import textwrap


class Paragraphs(argparse.HelpFormatter):
    """Fills each paragraph of a description by itself, where argparse makes one of all."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip().split("\n\n")
        filled = (textwrap.fill(each, width, initial_indent=indent, subsequent_indent=indent) for each in paragraphs)
        return "\n\n".join(filled)


def positive_seconds(text: str) -> float:
    """A number of seconds, above 0 and finite."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"a positive number of seconds is needed, not {text!r}")
    return seconds


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on is needed, not {text!r}")
    return int(text)
