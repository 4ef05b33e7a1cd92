"""`create_queue`: a queue as the options say, and as the environment overrules them."""

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
    memory: Memory = PROCESS_MEMORY,
    host: Host = SYSTEM_HOST,
) -> InMemoryQueue:
    """A new queue; the environment variable `RINGBUFFER_QUEUE_MODE` overrules the mode.

    Args:
        options: which queue, and how; the default is Channel mode with its defaults.
        name: what its consumers are called after.
        memory: what provides the cells of a ring.
        host: what provides locks, threads and time.

    Raises:
        TypeError: `options` are none.
        ValueError: the environment variable says something else than a mode, or a mode that the other options do not allow.
    """
    options = InMemoryQueueOptions() if options is None else options
    if not isinstance(options, InMemoryQueueOptions):
        raise TypeError(f"options must be InMemoryQueueOptions, not {options!r}; a builder has build()")
    options = with_environment(options)
    if options.mode is QueueMode.RING_BUFFER:
        return RingBufferQueue(options, name=name, memory=memory, host=host)
    return ChannelQueue(options, name=name, host=host)
