"""The API reference names every public name, once, with an example for those that users need."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import ringbuffer
import ringbuffer.messaging

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


def exemplified() -> dict[str, str]:
    """Each name that has an example below it, with the example."""
    pattern = re.compile(
        DIRECTIVE.pattern + r"\n((?: .*\n|\n)*?)   \.\. code-block:: python\n\n((?: .*\n|\n)+)",
        re.MULTILINE,
    )
    return {
        name: code
        for page in REFERENCE.glob("*.rst")
        for name, _, code in pattern.findall(page.read_text())
    }


@pytest.mark.parametrize(
    "name",
    [
        *(f"ringbuffer.{name}" for name in ringbuffer.__all__),
        *(f"ringbuffer.messaging.{name}" for name in ringbuffer.messaging.__all__),
    ],
)
def test_a_name_for_users_has_an_example_that_uses_it(name: str) -> None:
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", exemplified().get(name, "")), (
        f"show {name} in a code-block below it in docs/api"
    )


def test_the_reference_begins_with_the_disruptor() -> None:
    index = (REFERENCE / "index.rst").read_text()
    pages = re.findall(r"^   (\w+)$", index, re.MULTILINE)
    assert pages[0] == "disruptor"
    assert sorted([*pages, "index"]) == sorted(page.stem for page in REFERENCE.glob("*.rst"))


@pytest.mark.parametrize("name", NAMED)
def test_what_the_reference_names_is_there(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)
