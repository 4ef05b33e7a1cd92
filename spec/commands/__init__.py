"""The commands of `python -m spec`, one a file."""
