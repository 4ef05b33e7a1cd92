"""Faults of what is built on the protocol: queues, buses, readers that come after others."""

from tests.faults.fault import Fault
from tests.faults.tests import (
    BUS_KEEPS,
    JOINS,
    PASSED,
    POLLER_ENDS,
    SETTLES,
    STILL_THERE,
    STREAM_ENDS,
    WOKEN,
)

RING = "queues.two_lock_ring"

WAKING = [
    Fault(
        "a put wakes after its store",
        RING,
        "if side.waiting:\n    side.wake(1)  # before the store: see above\n"
        "self.slots[sequence & self.mask] = item\n"
        "side.own[0] = sequence  # release: the item",
        "self.slots[sequence & self.mask] = item\nside.own[0] = sequence\n"
        "if side.waiting:\n    side.wake(1)",
        WOKEN,
    ),
    Fault(
        "a get wakes after its store",
        RING,
        "if side.waiting:\n    side.wake(1)\nitem = self.take(sequence)",
        "item = self.take(sequence)\nif side.waiting:\n    side.wake(1)",
        WOKEN,
    ),
    Fault(
        "a put of many wakes after its store",
        RING,
        "side.wake(count)\nself._write(low, part)\n"
        "side.own[0] = low + count - 1  # release: the items",
        "self._write(low, part)\nside.own[0] = low + count - 1\nside.wake(count)",
        WOKEN,
    ),
    Fault(
        "a get of many wakes after its store",
        RING,
        "side.wake(high - low + 1)\nitems = self._take_many(low, high)",
        "items = self._take_many(low, high)\nside.wake(high - low + 1)",
        WOKEN,
    ),
]

BUSES = [
    Fault(
        "a bus keeps what became of an event that was waited for",
        "messaging.bus.awaited_events",
        "self._completions.discard(completion)",
        "pass",
        BUS_KEEPS,
    ),
]

READERS = [
    Fault(
        "a processor that has stopped does not say so",
        "processors.processor",
        "self._sequence.has_stopped = True",
        "pass",
        STREAM_ENDS,
    ),
    Fault(
        "a processor that has stopped says so after the others know",
        "processors.processor",
        "self._sequence.has_stopped = True\nstate.leave_consumer(thread, self._sequence)",
        "state.leave_consumer(thread, self._sequence)\nself._sequence.has_stopped = True",
        STREAM_ENDS,
    ),
    Fault(
        "a stream that has stopped says so after the others know",
        "readers.stream",
        "sequence.has_stopped = True\n"
        "for thread in threads:\n    state.leave_consumer(thread, sequence)",
        "for thread in threads:\n    state.leave_consumer(thread, sequence)\n"
        "sequence.has_stopped = True",
        STREAM_ENDS,
    ),
    Fault(
        "a stream that has stopped does not say so",
        "readers.stream",
        "sequence.has_stopped = True",
        "pass",
        STREAM_ENDS,
    ),
    Fault(
        "a pool never stops",
        "processors.work.share",
        "return len(stopped) == len(members) > 0 "
        "or any(each.get() <= self.get() for each in stopped)",
        "return False",
        POLLER_ENDS,
    ),
    Fault(
        "a pool has stopped with its first worker",
        "processors.work.share",
        "return len(stopped) == len(members) > 0 "
        "or any(each.get() <= self.get() for each in stopped)",
        "return len(stopped) > 0",
        POLLER_ENDS,
    ),
]

#: Found by leaving out one statement after the other.
LEFT_OUT = [
    Fault(
        "an item whose taking is interrupted is gone",
        RING,
        "if head[0] != sequence:\n    slots[at] = item",
        "pass",
        STILL_THERE,
    ),
    Fault(
        "items whose taking is interrupted are gone",
        RING,
        "if head[0] != high:\n    self._write(low, items)",
        "pass",
        STILL_THERE,
    ),
    Fault(
        "a pool begins at the first event",
        "processors.work.share",
        "self.work.set(self.done.get())",
        "pass",
        JOINS,
    ),
    Fault(
        "what settles twice counts twice",
        "messaging.bus.results",
        "if name in self._waiting_for:",
        "if True:",
        SETTLES,
    ),
    Fault(
        "a view of skipped ranges looks again and again",
        "skipped",
        "self._seen = seen",
        "pass",
        PASSED,
    ),
]

USER_FAULTS = [*WAKING, *BUSES, *READERS, *LEFT_OUT]
