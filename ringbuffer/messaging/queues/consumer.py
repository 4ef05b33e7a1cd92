"""`Consumer`: a handler of messages, and the thread that calls it."""

import contextlib
import functools
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final

from ringbuffer.checks import Duration, check_timeout, is_coroutine_function
from ringbuffer.errors import ForkedProcessError
from ringbuffer.forks import made_here
from ringbuffer.host import Event, Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import (
    MessageBatchHandler,
    MessageHandler,
    no_coroutine,
)
from ringbuffer.messaging.pipeline.logs import logger
from ringbuffer.messaging.progress import ConsumerProgress
from ringbuffer.messaging.queues.acknowledgement import Acknowledgement
from ringbuffer.messaging.queues.batch_filler import BatchFiller, Batching, function_for
from ringbuffer.messaging.queues.bind_receiver import bind_receiver
from ringbuffer.messaging.queues.coroutine_runner import CoroutineRunner
from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers
from ringbuffer.messaging.queues.locked_messages import LockedMessages
from ringbuffer.messaging.queues.source import MessageReceiver, one_at_a_time
from ringbuffer.one_process import OneProcess


class Consumer(OneProcess):
    """A handler that takes messages from one queue, one at a time, or in batches.

    `add_consumer` makes it.

    Any thread may call its methods.

    The consumer's own thread calls a plain function. A coroutine function is awaited in an event
    loop of that thread, one message after the other. The loop also runs while there is no message.
    When the consumer ends, the loop cancels the tasks that are left.

    Each message is handled in an empty context of its own (`contextvars`). What the handler sets
    there for one message is not visible at the next one.

    If the handler raises, the error is logged and counted, and the message counts as finished. An
    error of a batch counts for each of its messages. To retry or to keep such messages, put a
    pipeline around the handler.

    Attributes:
        name: the name of the consumer and of its thread.
        handler: what it calls.
        failed: on how many messages the handler has raised.
        failure: the exception that ended its thread; None while the thread lives. The other
            consumers continue.
        waits_for_capacity: whether the handler waits for free capacity in the queue that it takes
            from. The queue sets it.
    """

    def __init__(
        self,
        followers: LeaderFollowers,
        handler: MessageHandler[Any] | MessageBatchHandler[TransportEnvelope],
        name: str,
        host: Host,
        batching: Batching | None = None,
        acknowledgement: Acknowledgement | None = None,
    ) -> None:
        self.name: Final = name
        self.handler: Final = handler
        self.failed = 0
        self.failure: BaseException | None = None
        self.waits_for_capacity = False
        self._followers: Final = followers
        self._host: Final = host
        self._ended: Final[Event] = host.event()
        self._follower: Final = Follower(host)
        #: Protects `_has_begun`: either the thread begins to take messages, or `withdraw` comes
        #: first. Nothing is called while it is held. So a signal handler never finds it taken by
        #: its own thread.
        self._begins: Final = host.lock()
        self._has_begun = False
        function = function_for(handler, batching)
        is_async = is_coroutine_function(function)
        #: The messages without an answer; None if the consumer gives none.
        self._locked: LockedMessages | None = None
        self._filler: BatchFiller | None = None
        if acknowledgement is not None:
            locked = LockedMessages(acknowledgement, followers, self._follower, name, host)
            function = locked.around(function) if is_async else function
            self._locked = locked
        elif batching is not None:
            self._filler = BatchFiller(function, batching, followers, self._follower, host)
            function = self._filler.function
        self._function: Final = function
        #: Awaits the handler, if that is a coroutine function.
        self._runner: Final = CoroutineRunner(function, name, host) if is_async else None
        self._thread_id: int | None = None
        made_here(self)
        #: How many messages were taken when it took its last one; 0 before the first.
        self._taken: Callable[[], int] = lambda: 0

    @property
    def is_alive(self) -> bool:
        """Whether it still takes messages, or handles its last one."""
        return not self._ended.wait(0)

    @property
    def unanswered(self) -> int:
        """How many of its messages have no answer yet: see `Acknowledgement`."""
        return 0 if self._locked is None else self._locked.count

    @property
    def may_handle(self) -> bool:
        """Whether it may be inside its handler. If not, a consumer that was stopped ends soon."""
        return self._locked is None or self._locked.is_handling

    def runs_in(self, thread: int) -> bool:
        """Whether the thread with this identifier handles its messages."""
        return self._thread_id == thread

    def handles_in(self, thread: int, task: object) -> bool:
        """Whether its handler runs in the thread with this identifier.

        If `task` is not None, the handler must also run in that task.
        """
        own = None if self._runner is None else self._runner.task
        return self._thread_id == thread and (task is None or own is None or own is task)

    def progress(self) -> ConsumerProgress:
        """Its position now."""
        thread, taken = self._thread_id, self._taken()
        if not self.is_alive:
            state = "ENDED" if self.failure is None else "DIED"
            return ConsumerProgress(self.name, taken, 0, state)
        handles = taken > 0 and not self._followers.rests(self._follower)
        threads = () if thread is None else (thread,)
        state = "HANDLING" if handles else "WAITING"
        task = None if self._runner is None else self._runner.task
        waiting = int(handles) if self._filler is None else handles * self._filler.held
        return ConsumerProgress(self.name, taken - waiting, waiting, state, threads, task)

    def start(self, then: Callable[["Consumer"], None]) -> None:
        """Begin to take messages in a new thread. That thread calls `then` when it ends.

        The caller makes all that the new thread needs, and gets the error if that fails.

        Raises:
            OSError: no file descriptor is left for an event loop. Nothing was done.
            RuntimeError, MemoryError: no thread is left. Nothing was done.
        """
        try:
            if self._runner is not None:
                self._runner.start()
            if self._locked is not None:
                self._locked.start()
            self._followers.enter(self._follower)
            self._host.start_thread(lambda: self._run(then), self.name)
        except BaseException:
            self.withdraw()
            raise

    def withdraw(self) -> None:
        """Undo a `start`, complete or not. Whether or not its thread has begun, it then stops."""
        if self._begin():
            if self._runner is not None:
                self._runner.close()
            self._leave()
            self._ended.set()
        elif self.is_alive:
            self.stop()

    def _begin(self) -> bool:
        """Whether the caller is first: the consumer's thread, or a thread that withdraws it."""
        with self._begins:
            if self._has_begun:
                return False
            self._has_begun = True
            return True

    def stop(self) -> None:
        """Take no more messages. Returns immediately; the current message is finished."""
        self._followers.stop(self._follower)

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds. Returns whether it has."""
        return self._ended.wait(check_timeout(timeout))

    def _run(self, then: Callable[["Consumer"], None]) -> None:
        if not self._begin():
            return
        self._thread_id = self._host.thread_id()
        try:
            receiver: MessageReceiver[Any] = (
                bind_receiver(self._followers, self._follower, one_at_a_time)
                if self._filler is None
                else self._filler.receiver()
            )
            self._taken = receiver.taken
            if self._runner is not None:
                self._runner.run(receiver, self._fail)
            else:
                self._run_function(receiver)
        except ForkedProcessError:
            pass  # the handler has forked, and returned in the child: the parent has the consumer
        except BaseException as error:
            self.failure = error
            logger.critical(
                "consumer %r died; the others go on without it", self.name, exc_info=True
            )
        finally:
            self._leave()
            try:
                then(self)
            finally:
                self._thread_id = None
                self._ended.set()

    def _leave(self) -> None:
        """Take no more messages, and give back those without an answer."""
        try:
            if self._locked is not None:
                self._locked.end()
        finally:
            self._followers.leave(self._follower)

    def _run_function(self, receiver: MessageReceiver[Any]) -> None:
        context, pristine = Context(), Context()
        if self._locked is not None:
            run = functools.partial(self._locked.run, receiver, self._function)
        else:
            run = functools.partial(receiver.run, self._function, no_coroutine)
        # Terminates because `run` returns False when the consumer is to stop; each of the other
        # runs has handled a message.
        while context.run(run, self._fail, context, pristine):
            context = Context()

    def _fail(self, failed: TransportEnvelope | list[TransportEnvelope]) -> None:
        """Log and count an exception of the handler. What is counted has been logged."""
        count = 1 if self._filler is None else self._filler.held
        try:
            with contextlib.suppress(Exception):  # the filter of a user's log may raise
                if isinstance(failed, TransportEnvelope):
                    text = "consumer %r failed on message %s (%s)"
                    logger.exception(text, self.name, failed.message_id, failed.message_type)
                elif self._filler is not None:
                    text = "consumer %r failed on a batch of %d messages, the first of which is %s"
                    logger.exception(text, self.name, count, self._filler.first)
        finally:
            self.failed += count

    def __repr__(self) -> str:
        state = "alive" if self.is_alive else "ended"
        return f"Consumer({self.name!r}, {state}, failed={self.failed})"
