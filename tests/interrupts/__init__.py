"""Interrupts at every point of every public call. `python -m tests.interrupts --help` says more."""
