"""Faults of the queues of messages, and the scenario in which each is found."""

from tests.faults.fault import Fault

MESSAGE_QUEUES = [
    Fault(
        "a leader that leaves keeps the lead",
        "messaging.queues.leader_followers",
        "successor = self._pass_on() if self._lead[0] is follower else None",
        "successor = None",
        "queue-remove",
    ),
    Fault(
        "the next leader is not woken",
        "messaging.queues.leader_followers",
        "if successor is not None:\n    successor.wake()\nif envelope is not None:\n"
        "    return envelope",
        "if envelope is not None:\n    return envelope",
        "queue-shared",
    ),
    Fault(
        "a leader that waits is not one",
        "messaging.queues.leader_followers",
        "lead_[0] = follower_",
        "pass",
        "queue-remove",
    ),
    Fault(
        "a leader is not told to stop",
        "messaging.queues.leader_followers",
        "self._source.interrupt()",
        "pass",
        "queue-remove",
    ),
    Fault(
        "a follower is woken without a reason that stays",
        "messaging.queues.follower",
        "while True:  # see `ringbuffer.system` for why the condition does not stand here\n"
        "    if self._awake:\n        break\n    self._condition.wait()",
        "self._condition.wait()",
        "queue-shared",
    ),
    Fault(
        "the slot is free before it is empty",
        "messaging.queues.ring_source",
        "cell[0] = None\n"
        "# Release: the slot was read and emptied before a producer may fill it again\n"
        "taken[0] = sequence",
        "taken[0] = sequence\ncell[0] = None",
        "queue-close",
    ),
    Fault(
        "a close does not wait for a producer that is about to publish",
        "messaging.queues.ring",
        "while sequencer.published() < sequencer.claimed and backoff.pause():",
        "while False:",
        "queue-close",
    ),
    Fault(
        "a close does not wait for the handlers",
        "messaging.queues.consumed_queue",
        "while any(each.is_alive and not each.runs_in(caller) for each in left) and "
        "backoff.pause():",
        "while False:",
        "queue",
    ),
]
