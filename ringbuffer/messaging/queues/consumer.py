"""`Consumer`: a handler of messages, and the thread that calls it."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ringbuffer.checks import check_can_be_called
from ringbuffer.host import Event, Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.side_thread import SideThread
from ringbuffer.messaging.queues.turns import Member, Receiver, Turns

logger: Final = logging.getLogger("ringbuffer.messaging")

#: What handles messages: a function, or a coroutine function, of one envelope.
type MessageHandler = Callable[[TransportEnvelope], object] | Callable[[TransportEnvelope], Awaitable[object]]

#: Messages that a coroutine function handles before the other tasks of its loop get a turn in any case.
MESSAGES_PER_TURN: Final = 16


class Consumer:
    """A handler that takes messages of one queue, one at a time; made by `add_consumer`. Any thread may ask it.

    A plain function is called in the consumer's own thread. A coroutine function is awaited in an event loop of that thread,
    one message after the other; the loop runs all the time, also while there is no message, and tasks that are left
    when the consumer ends are cancelled.

    A handler that raises is logged and counted, and the message is finished: whoever wants it tried again, or kept, puts a
    pipeline around the handler.

    Attributes:
        name: of the consumer and of its thread.
        handler: what it calls.
        failed: how often the handler has raised.
        waits_for_room: whether the handler waits for room in the queue that it takes from; the queue's.
    """

    def __init__(self, turns: Turns, handler: MessageHandler, name: str, host: Host) -> None:
        self.name: Final = name
        self.handler: Final = handler
        self.failed = 0
        self.waits_for_room = False
        self._is_asynchronous: Final = is_coroutine_function(handler)
        self._turns: Final = turns
        self._host: Final = host
        self._ended: Final[Event] = host.event()
        self._member: Final[Member] = turns.enter()
        self._thread_id: int | None = None
        #: In which a coroutine function is awaited.
        self._task: object = None

    @property
    def is_alive(self) -> bool:
        """Whether it still takes messages, or handles its last one."""
        return not self._ended.wait(0)

    def runs_in(self, thread: int) -> bool:
        """Whether the thread of that number is the one that handles its messages."""
        return self._thread_id == thread

    def handles_in(self, thread: int, task: object) -> bool:
        """Whether its handler runs in the thread of that number, and, where a task is given, in that task."""
        return self._thread_id == thread and (task is None or self._task is None or self._task is task)

    def start(self, then: Callable[["Consumer"], None]) -> None:
        """Begin to take messages, in a new thread; `then` is called when it has ended, in that thread."""
        try:
            self._host.start_thread(lambda: self._run(then), self.name)
        except BaseException:
            self._turns.leave(self._member)
            self._ended.set()
            raise

    def stop(self) -> None:
        """Take nothing more; return at once. The message that is being handled is finished."""
        self._turns.stop(self._member)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds; whether it has."""
        return self._ended.wait(timeout)

    def _run(self, then: Callable[["Consumer"], None]) -> None:
        self._thread_id = self._host.thread_id()
        try:
            receiver = self._turns.receiver(self._member)
            if self._is_asynchronous:
                side = SideThread(self._host, f"{self.name} waits")
                with asyncio.Runner() as runner:
                    runner.run(self._await_each(receiver, side))
            else:
                receiver.run(self.handler, check_was_run, self._fail)
        except BaseException:
            logger.critical("consumer %r died; the others go on without it", self.name, exc_info=True)
        finally:
            self._turns.leave(self._member)
            try:
                then(self)
            finally:
                self._thread_id = None
                self._ended.set()

    async def _await_each(self, receiver: Receiver, side: SideThread) -> None:
        """The same in a loop that runs on while there is nothing to take."""
        receive_now, receive = receiver.receive_now, receiver.receive
        handler: Final[Any] = self.handler
        turns = 0
        self._task = asyncio.current_task()
        try:
            while True:
                envelope = receive_now()
                if envelope is None:
                    envelope = await side.call(receive)
                    if envelope is None:
                        return
                try:
                    await handler(envelope)
                except BaseException:
                    self._fail(envelope)
                envelope = None
                turns += 1
                if turns % MESSAGES_PER_TURN == 0:
                    await asyncio.sleep(0)
        finally:
            side.close()

    def _fail(self, envelope: TransportEnvelope) -> None:
        """The handler has raised. What is counted has been logged."""
        try:
            logger.exception("consumer %r failed on message %s (%s)", self.name, envelope.message_id, envelope.message_type)
        finally:
            self.failed += 1

    def __repr__(self) -> str:
        state = "alive" if self.is_alive else "ended"
        return f"Consumer({self.name!r}, {state}, failed={self.failed})"


def is_coroutine_function(handler: MessageHandler) -> bool:
    """Whether a handler is to be awaited.

    Raises:
        TypeError: it cannot be called with one envelope.
    """
    if isinstance(handler, type):
        raise TypeError(f"{handler!r} is a class: pass an object of it, or a function")
    if not callable(handler):
        raise TypeError(f"{handler!r} is no handler: it must be callable as handler(envelope)")
    check_can_be_called(f"handler {handler!r}", handler, 1)
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - an object that is called as a coroutine function
    )


def check_was_run(handler: object, result: object) -> None:
    """Raise `TypeError` if a handler that looked like a plain function has returned a coroutine."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(f"{handler!r} returned a coroutine, which nobody awaits: pass the coroutine function itself")
