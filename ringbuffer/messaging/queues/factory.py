"""`create_queue`: makes a queue from its options and the environment."""

from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.environment import with_environment
from ringbuffer.messaging.options import InMemoryQueueOptions, QueueMode
from ringbuffer.messaging.queues.channel import ChannelQueue
from ringbuffer.messaging.queues.queue import InMemoryQueue
from ringbuffer.messaging.queues.ring import RingBufferQueue


def create_queue(
    options: InMemoryQueueOptions | None = None,
    *,
    name: str = "queue",
    grace: Grace | Duration | None = USUAL_GRACE,
    drain_at_exit: Duration | None = None,
    memory: Memory = PROCESS_MEMORY,
    host: Host = SYSTEM_HOST,
) -> InMemoryQueue:
    """A new queue. The environment variable `RINGBUFFER_QUEUE_MODE` overrides the mode.

    Args:
        options: the options of the queue; the default is Channel mode with its defaults.
        name: the name of the queue, and the first part of its consumers' names.
        grace: how long the end of a `with` block waits for messages to be handled, in seconds, or
            a `Grace`. The default sets no limit, and 30 seconds where an exception ends the block.
        drain_at_exit: how long the end of the program waits for messages to be handled, in
            seconds, if the queue has had consumers and was never closed; None warns instead.
        memory: the source of the cells of a ring.
        host: the source of locks, threads and time.

    Raises:
        TypeError: `options` is not an `InMemoryQueueOptions`.
        ValueError: the environment variable does not name a mode, or the other options do not allow
            that mode.
    """
    options = InMemoryQueueOptions() if options is None else options
    if not isinstance(options, InMemoryQueueOptions):
        raise TypeError(
            f"options must be InMemoryQueueOptions, not {options!r}; a builder has build()"
        )
    options = with_environment(options)
    if options.mode is QueueMode.RING_BUFFER:
        return RingBufferQueue(
            options, name=name, grace=grace, drain_at_exit=drain_at_exit, memory=memory, host=host
        )
    return ChannelQueue(options, name=name, grace=grace, drain_at_exit=drain_at_exit, host=host)
