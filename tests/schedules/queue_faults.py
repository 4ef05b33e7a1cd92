"""Faults of `ringbuffer.Queue`, and the scenario in which each is found."""

from tests.faults.fault import Fault

RING = "queues.two_lock_ring"

QUEUES = [
    Fault(
        "a waiter for an item enters without a look",
        RING,
        "if side.closed[0] or side.own[0] > side.other[0]:",
        "if side.closed[0]:",
        "queue-room",
    ),
    Fault(
        "a waiter for room enters without a look",
        RING,
        "if side.closed[0] or side.other[0] < side.own[0] + self.maxsize:",
        "if side.closed[0]:",
        "queue-room",
    ),
    Fault(
        "a waiter for an item does not look whether the queue is shut down",
        RING,
        "if side.closed[0] or side.own[0] > side.other[0]:",
        "if side.own[0] > side.other[0]:",
        "queue-ended",
    ),
    Fault(
        "a waiter for room does not look whether the queue is shut down",
        RING,
        "if side.closed[0] or side.other[0] < side.own[0] + self.maxsize:",
        "if side.other[0] < side.own[0] + self.maxsize:",
        "queue-end-full",
    ),
    Fault(
        "a waiter waits with its own side",
        RING,
        "side = self.putting\nwith side.lock:\n"
        "    if side.closed[0] or side.own[0] > side.other[0]:",
        "side = self.putting\nwith self.getting.lock:\n"
        "    if side.closed[0] or side.own[0] > side.other[0]:",
        "queue-room",
    ),
    Fault(
        "who waits does not lower the limit",
        RING,
        "if side.closed[0] or side.own[0] > side.other[0]:\n    return False\nside.limit = NEVER",
        "if side.closed[0] or side.own[0] > side.other[0]:\n    return False",
        "queue-drained",
    ),
    Fault(
        "the fast way passes those who wait",
        "queues.queue_end",
        "if self.waiting:",
        "if False:",
        "queue-room",
    ),
    Fault(
        "one item too many",
        "queues.queue_end",
        "return sequence <= limit",
        "return sequence <= limit + 1",
        "queue-one",
    ),
    Fault(
        "published before it is stored",
        "queues.threads",
        "slots[sequence & mask] = item\ntail[0] = sequence  # release: the item",
        "tail[0] = sequence  # release: the item\nslots[sequence & mask] = item",
        "queue-two",
    ),
    Fault(
        "handed back before it is cleared",
        "queues.threads",
        "slots[at] = None\n"
        "head[0] = sequence  # release: the slot is cleared before it may be filled again",
        "head[0] = sequence  # release: the slot is cleared before it may be filled again\n"
        "slots[at] = None",
        "queue-yields",
    ),
    Fault(
        "a slice wakes one waiter",
        RING,
        "side.wake(count)",
        "side.wake(1)",
        "queue-mixed",
    ),
    Fault(
        "a slice that is taken wakes one waiter",
        RING,
        "side.wake(high - low + 1)",
        "side.wake(1)",
        "queue-emptied",
    ),
    Fault(
        "closed is loaded after the tail",
        RING,
        "if closed:\n    raise queue.ShutDown\nreturn NOTHING",
        "if side.closed[0]:\n    raise queue.ShutDown\nreturn NOTHING",
        "queue-end-one",
    ),
    Fault("a shutdown does not wake a get", RING, "putting.wake_all()", "pass", "queue-ended"),
    Fault(
        "a waiter that comes too late keeps the wake-up",
        "queues.waiters",
        "if waiter in self.waiting:\n    self.waiting.remove(waiter)\nelse:\n    self.wake(1)",
        "if waiter in self.waiting:\n    self.waiting.remove(waiter)",
        "queue-late",
    ),
    Fault(
        "the last task does not wake a join",
        "queues.tasks",
        "if done == put:",
        "if done > put:",
        "queue-join",
    ),
    Fault(
        "who joins looks before the lock",
        "queues.tasks",
        "with waiters.lock:\n"
        "    # `_done` cannot change while the lock is held. So if both are equal, nothing was\n"
        "    # unfinished at the moment when `_published` was loaded.\n"
        "    if self._done[0] == self._published[0] + 1:\n        return False",
        "if self._done[0] == self._published[0] + 1:\n    return False\nwith waiters.lock:",
        "queue-join",
    ),
    Fault("what is dropped stays unfinished", RING, "drained(untold)", "pass", "queue-join-drop"),
    Fault(
        "a bound that is raised wakes no put",
        RING,
        "# A waiter for a free slot either has looked at the old limit, and is woken here, or "
        "comes\n"
        "# later and looks at the new one.\n"
        "with getting.lock:\n"
        "    getting.wake_all()",
        "pass",
        "queue-resized",
    ),
]
