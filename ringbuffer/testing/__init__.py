"""Tests of your handlers: every schedule of a scenario, a clock that stands still, and `drain`.

def scenario(schedule):
    account = Account()
    schedule.share(account, "total")
    disruptor = Disruptor(Order, 4, memory=schedule.memory, host=schedule.host)
    disruptor.handle_events_with(first_handler_of(account), second_handler_of(account))
    with disruptor:
        disruptor.publish_event(fill, 1)
    assert account.total == 2

explore(scenario)

The library asks for memory and for the operating system through two providers, `Memory` and `Host`.
A `Schedule` has a provider of each. Every access to shared memory, every lock, condition, event,
park, sleep and thread goes through them, and they let one thread run at a time. Nothing else in
the library knows of this package, and it is loaded only by its own import.
"""

from ringbuffer.testing.draining import drain
from ringbuffer.testing.exploration import explore, replay
from ringbuffer.testing.failing import Exploration, ScheduleFailedError
from ringbuffer.testing.fake_clock import FakeClock
from ringbuffer.testing.schedule import Schedule, step

__all__ = [
    "Exploration",
    "FakeClock",
    "Schedule",
    "ScheduleFailedError",
    "drain",
    "explore",
    "replay",
    "step",
]
