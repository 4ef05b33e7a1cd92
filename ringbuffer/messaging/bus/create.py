"""`create_event_bus`: makes an event bus from its options and the environment."""

from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.messaging.bus.channel_bus import ChannelEventBus
from ringbuffer.messaging.bus.event_bus import EventBus
from ringbuffer.messaging.bus.ring_bus import RingBufferEventBus
from ringbuffer.messaging.environment import with_environment
from ringbuffer.messaging.options import EventBusOptions, QueueMode
from ringbuffer.messaging.pipeline import Pipeline


def create_event_bus(
    options: EventBusOptions | None = None,
    *,
    pipeline: Pipeline | None = None,
    name: str = "event bus",
    grace: Grace | Duration | None = USUAL_GRACE,
    drain_at_exit: Duration | None = None,
    memory: Memory = PROCESS_MEMORY,
    host: Host = SYSTEM_HOST,
) -> EventBus:
    """A new event bus. The environment variable `RINGBUFFER_EVENT_BUS_MODE` overrides the mode.

    Args:
        options: the options of the bus; the default is Channel mode with its defaults. Each has an
            environment variable that overrides it, see `with_environment`.
        pipeline: the stages around every handler that has no pipeline of its own.
        name: the name of the bus, and of its threads.
        grace: how long the end of a `with` block waits for published events, in seconds, or a
            `Grace`. The default sets no limit, and 30 seconds if an exception ends the block.
        drain_at_exit: how long the end of the program waits for published events, in seconds, if
            the bus has handlers and was never closed; None does not wait, and warns.
        memory: what provides cells, flags and slots of a ring.
        host: what provides locks, threads and time.

    Raises:
        TypeError: `options` is not an `EventBusOptions`.
        ValueError: an environment variable has a wrong value, or the other options do not allow it.
    """
    options = EventBusOptions() if options is None else options
    if not isinstance(options, EventBusOptions):
        raise TypeError(f"options must be EventBusOptions, not {options!r}; a builder has build()")
    options = with_environment(options)
    kind = RingBufferEventBus if options.mode is QueueMode.RING_BUFFER else ChannelEventBus
    return kind(
        options.buffer_size,
        wait_strategy=options.wait_strategy,
        producer_mode=options.producer_mode,
        runners=options.runners,
        pipeline=pipeline,
        name=name,
        grace=grace,
        drain_at_exit=drain_at_exit,
        memory=memory,
        host=host,
    )
