"""Names that were given up do not come back, and a file's name says which file it is."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
LIBRARY = PROJECT / "ringbuffer"

#: The names of private things that the redesign replaced, and what they are called now. The table
#: of public ones is in CHANGELOG.md.
GIVEN_UP = {
    "Carried": "TrackedEvent",
    "CELLS": "PER_SLOT",
    "Feed": "HandlerRunner",
    "LIST": "FLAT",
    "Member": "Follower",
    "ProducerBarrier": "ProducerOps",
    "Production": "SingleProducerOps",
    "Publishing": "EventSink",
    "Returns": "RetryScheduler",
    "ROWS": "STRIPED",
    "Room": "ClaimStalls, AsyncCapacityWaiters",
    "RoomWaits": "ClaimStalls",
    "RowView": "StripedSlots",
    "Side": "QueueEnd",
    "SideThread": "BlockingBridge",
    "Sieve": "SubscriptionFilter",
    "SlotRelease": "SlotReclaimer",
    "Taker": "Dequeuer",
    "Tally": "PerThreadCounter",
    "TaskFeed": "TaskRunner",
    "Told": "Reporter",
    "Turns": "LeaderFollowers",
    "Turnstile": "FenceLock",
    "comes_back": "schedule_redelivery",
    "producer_barrier": "producer_ops",
    "put_aside": "schedule_redelivery",
    "releaser": "SlotReclaimer",
    "settled_minimum": "fenced_minimum",
    "signaller_of": "bind_signal",
    "unread_from": "reclaim_limit",
    "waiter_of": "bind_wait",
}

#: What is code in a page: `a span`, and the lines of a block.
CODE = re.compile(r"```.*?```|``[^`]+``|`[^`\n]+`", re.DOTALL)
WORD = re.compile(r"\w+")


def names_of_python(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string


def names_of_model(source: str) -> Iterator[str]:
    for line in source.splitlines():
        if not line.lstrip().startswith("(*"):
            yield from WORD.findall(line.split("\\*")[0])


def names_of_page(source: str) -> Iterator[str]:
    for code in CODE.findall(source):
        yield from WORD.findall(code)


READERS = {".py": names_of_python, ".tla": names_of_model, ".md": names_of_page}
FILES = [
    path
    for folder in ("ringbuffer", "spec", "tests", "benchmarks", "examples", "docs")
    for suffix in READERS
    for path in sorted((PROJECT / folder).rglob(f"*{suffix}"))
    if "adr" not in path.parts  # decisions tell what was before
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_name_that_was_given_up_is_not_used(path: Path) -> None:
    used = GIVEN_UP.keys() & set(READERS[path.suffix](path.read_text()))
    assert not used, {name: f"is called {GIVEN_UP[name]} now" for name in used}


@pytest.mark.parametrize(
    ("suffix", "source"),
    [
        (".py", "class Feed: ..."),
        (".py", "x.settled_minimum()"),
        (".tla", "Feed == 1"),
        (".md", "It is a `Feed`."),
        (".md", "```python\nFeed()\n```"),
    ],
)
def test_a_name_that_was_given_up_is_found(suffix: str, source: str) -> None:
    assert GIVEN_UP.keys() & set(READERS[suffix](source))


@pytest.mark.parametrize(
    ("suffix", "source"),
    [(".py", "# Feed"), (".py", '"""Returns it."""'), (".tla", "\\* Publishing"), (".md", "Room.")],
)
def test_a_word_of_prose_is_not_a_name(suffix: str, source: str) -> None:
    assert not GIVEN_UP.keys() & set(READERS[suffix](source))


def packages_in(folder: Path) -> list[Path]:
    return [path.parent for path in sorted(folder.glob("*/__init__.py"))]


@pytest.mark.parametrize(
    "folder",
    [LIBRARY, *(path.parent for path in sorted(LIBRARY.rglob("*/__init__.py")))],
    ids=lambda folder: str(folder.relative_to(PROJECT)),
)
def test_no_two_sibling_packages_have_a_file_of_one_name(folder: Path) -> None:
    files = [path.name for package in packages_in(folder) for path in package.glob("*.py")]
    shared = {name for name in files if files.count(name) > 1 and name != "__init__.py"}
    assert not shared, "rename all but one of them, after what is in them"
