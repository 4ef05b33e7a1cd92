"""Prepares everything the Makefile needs: a free-threaded CPython 3.13, and a virtual environment made from it.

Standard library only, Python 3.11 or newer: this runs before there is anything else.
"""
