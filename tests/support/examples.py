"""How many examples hypothesis tries: a few in `make test`, many in `make verify`."""

from hypothesis import settings

#: What `pytest --hypothesis-profile` may name; `tests/conftest.py` registers both. Without it, the
#: tests try a few examples.
QUICK, THOROUGH = "quick", "thorough"


def examples(few: int, many: int) -> int:
    """Returns `many` under the thorough profile, otherwise `few`."""
    return many if settings.get_current_profile_name() == THOROUGH else few
