"""The GIL stays off under a free-threaded interpreter, before the tests and after them; no example has a deadline."""

import sys
import sysconfig

import pytest

FREE_THREADED = sysconfig.get_config_var("Py_GIL_DISABLED") == 1


def gil_is_on() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def pytest_configure() -> None:
    # Not before pytest has seen to its plugins, of which hypothesis is one.
    from hypothesis import settings

    # Examples with threads take as long as the machine lets them: slow is not wrong.
    settings.register_profile("threads", deadline=None)
    settings.load_profile("threads")


def pytest_report_header() -> str:
    build = "free-threaded" if FREE_THREADED else "regular"
    return f"interpreter: {build} build, GIL {'on' if gil_is_on() else 'off'}"


def pytest_sessionstart(session: pytest.Session) -> None:
    if FREE_THREADED and gil_is_on():
        raise pytest.UsageError("the GIL is on under a free-threaded interpreter: unset PYTHON_GIL and -X gil")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if FREE_THREADED and gil_is_on():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nthe GIL was switched on during the tests: some module that was imported does not declare itself safe")
