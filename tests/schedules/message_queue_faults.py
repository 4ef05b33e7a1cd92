"""Faults of the queues of messages, and the scenario in which each is found."""

from tests.faults.fault import Fault

MESSAGE_QUEUES = [
    Fault(
        "a leader that leaves keeps the lead",
        "messaging.queues.turns",
        "successor = self._pass_on() if self._leader is member else None",
        "successor = None",
        "queue-remove",
    ),
    Fault(
        "the next leader is not woken",
        "messaging.queues.turns",
        "if successor is not None:\n    successor.wake()\nif envelope is not None:\n    return envelope",
        "if envelope is not None:\n    return envelope",
        "queue-shared",
    ),
    Fault(
        "a leader that waits is not one",
        "messaging.queues.turns",
        "turns_._leader = member_",
        "pass",
        "queue-remove",
    ),
    Fault("a leader is not told to stop", "messaging.queues.turns", "self._source.interrupt()", "pass", "queue-remove"),
    Fault(
        "a member is woken without a reason that stays",
        "messaging.queues.turns",
        "while not self._awake:\n    self._condition.wait()",
        "self._condition.wait()",
        "queue-shared",
    ),
    Fault(
        "the slot is free before it is empty",
        "messaging.queues.ring",
        "slots[sequence & mask] = None\ntaken[0] = sequence"
        "  # release: the slot was read and emptied before a producer may fill it again",
        "taken[0] = sequence\nslots[sequence & mask] = None",
        "queue-close",
    ),
    Fault(
        "a close does not wait for who is about to publish",
        "messaging.queues.ring",
        "for sender in senders:",
        "for sender in list[Sender]():",
        "queue-close",
    ),
    Fault(
        "a close does not wait for the handlers",
        "messaging.queues.base",
        "while any(each.is_alive and not each.runs_in(caller) for each in left) and backoff.pause():",
        "while False:",
        "queue",
    ),
]
