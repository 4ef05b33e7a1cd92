"""The event loops of the library's threads, in a child and in its parent."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from ringbuffer import ForkedProcessError
from ringbuffer.own_loop import new_event_loop
from tests.unit.forks.kit import in_child

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with closing(new_event_loop()) as made:
        yield made


def test_a_child_runs_what_is_ready_and_ends_its_loop(loop: asyncio.AbstractEventLoop) -> None:
    def end() -> None:
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    in_child(end)
    out, into = os.pipe()
    try:
        loop.add_reader(out, loop.stop)
        os.write(into, b".")
        loop.run_forever()
        assert loop.remove_reader(out)
    finally:
        os.close(out)
        os.close(into)


def test_a_child_that_would_wait_in_the_loop_gets_an_error(
    loop: asyncio.AbstractEventLoop,
) -> None:
    def wait() -> None:
        with pytest.raises(ForkedProcessError, match="an event loop was made in process"):
            loop.run_forever()
        with pytest.raises(ForkedProcessError, match="an event loop was made in process"):
            loop.add_reader(0, wait)
        assert not loop.remove_reader(0)

    in_child(wait)


def test_a_loop_makes_no_file_that_it_does_not_close() -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    new_event_loop().close()
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.filterwarnings("ignore:.*event_loop_policy.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*EventLoopPolicy.*:DeprecationWarning")
def test_a_policy_of_the_program_chooses_the_kind_of_loop() -> None:
    class Loop(asyncio.SelectorEventLoop):
        pass

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return Loop()

    asyncio.set_event_loop_policy(Policy())
    try:
        with closing(new_event_loop()) as made:
            assert type(made) is Loop
    finally:
        asyncio.set_event_loop_policy(None)
