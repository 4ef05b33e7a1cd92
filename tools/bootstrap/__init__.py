"""Prepares a free-threaded CPython 3.13 and its virtual environment, for the Makefile.

Standard library only, Python 3.11 or newer: this runs before there is anything else.
"""
