"""Runs the tests on interpreters and processors that this machine does not have.

Standard library only, Python 3.11 or newer. `tools.verify_interpreters` and `tools.verify_arm64`
are the commands. Both unpack packages of Debian into a folder of the user's cache, and enter it.
"""
