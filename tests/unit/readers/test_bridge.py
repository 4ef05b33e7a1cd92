"""The thread that waits at a barrier for a loop: the coroutine gets each exception it raises."""

import asyncio
import logging
from typing import Any

import pytest

from ringbuffer import RingBuffer
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE


@pytest.mark.parametrize("error", [MemoryError, SystemExit])
def test_a_failed_call_into_a_loop_is_made_again(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ring: RingBuffer[Any] = RingBuffer.of_values(4, host=ForwardingHost())
    refused: list[object] = []

    async def receive() -> list[Any]:
        loop = asyncio.get_running_loop()
        tell = loop.call_soon_threadsafe

        def refuse_twice(callback: Any, *arguments: Any, **options: Any) -> Any:
            if len(refused) < 2:
                refused.append(callback)
                raise error
            return tell(callback, *arguments, **options)

        async with ring.stream() as stream:
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            monkeypatch.setattr(loop, "call_soon_threadsafe", refuse_twice)
            ring.producer().publish_value("here")
            return await asyncio.wait_for(waiting, PATIENCE)

    assert asyncio.run(receive()) == ["here"]
    assert len(refused) == 2
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 2
