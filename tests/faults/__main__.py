"""`python -m tests.faults NAME -- ARGUMENTS`: run pytest with one fault installed."""

import sys

import pytest

from tests.faults.fault import install
from tests.faults.protocol import FAULTS, NOTHING


class FirstFailure:
    """What has failed is not made smaller: it is enough that it has."""

    def pytest_sessionstart(self) -> None:
        # Not before pytest has seen to its plugins, of which hypothesis is one.
        from hypothesis import Phase, settings

        # Under its own name, which decides how many examples are tried.
        name = settings.get_current_profile_name()
        settings.register_profile(
            name, settings.get_profile(name), phases=[Phase.generate], database=None
        )
        settings.load_profile(name)


def main(arguments: list[str]) -> int:
    name, separator, *rest = arguments
    assert separator == "--", __doc__
    install({each.name: each for each in (*FAULTS, NOTHING)}[name])
    return pytest.main(rest, plugins=[FirstFailure()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
