"""The API reference names every public name, once, and nothing that is not there."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import ringbuffer

REFERENCE = Path(__file__).parents[3] / "docs" / "api"
DIRECTIVE = re.compile(r"^\.\. (?:auto\w+|py:data):: (ringbuffer\.[\w.]+)$", re.MULTILINE)
NAMED = [
    name for page in sorted(REFERENCE.glob("*.rst")) for name in DIRECTIVE.findall(page.read_text())
]


def public_names() -> set[str]:
    """What the package and its sub-packages export, each by its shortest name."""
    names = {f"ringbuffer.{name}" for name in ringbuffer.__all__}
    for module in pkgutil.iter_modules(ringbuffer.__path__, "ringbuffer."):
        if module.ispkg:
            package = importlib.import_module(module.name)
            exported: list[str] = getattr(package, "__all__", [])
            names |= {
                f"{module.name}.{name}" for name in exported if not is_exported_above(package, name)
            }
    return names


def is_exported_above(package: object, name: str) -> bool:
    return name in ringbuffer.__all__ and getattr(ringbuffer, name) is getattr(package, name)


def test_every_public_name_is_in_the_reference() -> None:
    assert public_names() - set(NAMED) == set()


def test_no_name_is_there_twice() -> None:
    assert len(NAMED) == len(set(NAMED))


@pytest.mark.parametrize("name", NAMED)
def test_what_the_reference_names_is_there(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)
