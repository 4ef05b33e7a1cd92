"""How many examples hypothesis tries: a few in `make test`, many in `make verify`.

Both try the same examples each time, so a test that fails says something about the change.
`pytest --hypothesis-profile=random` tries others in each run, to find faults that these miss.
"""

from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

#: What `pytest --hypothesis-profile` may name. Without it, the tests try a few examples.
QUICK: Final = "quick"
THOROUGH: Final = "thorough"
RANDOM: Final = "random"


_constants_of_sources: Final = providers._get_local_constants
_no_constants: Final = providers._local_constants


def register_profiles() -> None:
    """Register the profiles, and load the quick one."""
    everywhere = settings(
        # Hypothesis takes other defaults where it finds a variable of a CI service, such as `CI`.
        parent=settings.get_profile("default"),
        # Examples with threads take as long as the machine lets them: slow is not wrong.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.register_profile(QUICK, everywhere, max_examples=25, derandomize=True)
    settings.register_profile(THOROUGH, everywhere, max_examples=100, derandomize=True)
    settings.register_profile(RANDOM, everywhere, max_examples=100)
    settings.load_profile(QUICK)
    providers._get_local_constants = constants_to_try


def examples(few: int, many: int) -> int:
    """Returns `few` under the quick profile, otherwise `many`."""
    return few if settings.get_current_profile_name() == QUICK else many


def constants_to_try() -> Constants:
    """Returns the constants of our own sources that hypothesis tries; none unless at random.

    Hypothesis looks for them in each module that is imported when an example is made. So examples
    would depend on every line of the library, and on which tests run before. To read all sources
    takes several seconds.
    """
    is_random = settings.get_current_profile_name() == RANDOM
    return _constants_of_sources() if is_random else _no_constants
