"""Keeps the GIL off in a free-threaded interpreter. Registers the profiles of hypothesis."""

import gc
import logging
import sys
import sysconfig
from collections.abc import Iterator

import pytest

FREE_THREADED = sysconfig.get_config_var("Py_GIL_DISABLED") == 1


def gil_is_on() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    # Not before pytest has loaded its plugins, of which hypothesis is one. That plugin loads the
    # profile that the command line names, after this function has returned.
    from tests.support.examples import register_profiles

    register_profiles()


def pytest_report_header() -> str:
    build = "free-threaded" if FREE_THREADED else "regular"
    return f"interpreter: {build} build, GIL {'on' if gil_is_on() else 'off'}"


def pytest_sessionstart(session: pytest.Session) -> None:
    if FREE_THREADED and gil_is_on():
        raise pytest.UsageError(
            "the GIL is on under a free-threaded interpreter: unset PYTHON_GIL and -X gil"
        )


def pytest_collection_finish() -> None:
    # A collection of garbage in a test need not look at the thousands of tests.
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if FREE_THREADED and gil_is_on():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(
            "\nthe GIL was switched on during the tests: "
            "an imported module does not declare that it is safe without it"
        )


@pytest.fixture(autouse=True)
def logging_stays_as_it_was() -> Iterator[None]:
    """Switch logging on again after a test that has called a command which switches it off."""
    before = logging.root.manager.disable
    yield
    logging.disable(before)
