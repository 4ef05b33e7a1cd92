"""Each test that asks for `make` runs over both queues."""

from collections.abc import Iterator

import pytest

from ringbuffer.messaging import InMemoryQueue, QueueMode
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import Make, maker, wait_until


@pytest.fixture(params=list(QueueMode), ids=lambda mode: mode.value)
def mode(request: pytest.FixtureRequest) -> QueueMode:
    value: QueueMode = request.param
    return value


@pytest.fixture
def make(mode: QueueMode) -> Iterator[Make]:
    queues: list[InMemoryQueue] = []
    yield maker(mode, queues)
    for queue in queues:
        queue.close(drain=False, timeout=PATIENCE)
    wait_until(lambda: not any(queue.consumers for queue in queues))
