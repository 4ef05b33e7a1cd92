"""Faults of the queues of messages, and the scenario in which each is found."""

from tests.faults.fault import Fault

MESSAGE_QUEUES = [
    Fault(
        "a leader that leaves keeps the lead",
        "messaging.queues.turns",
        "successor = self._pass_on() if self._lead[0] is member else None",
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
        "lead_[0] = member_",
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
        "cell[0] = None\ntaken[0] = sequence  # release: the slot was read and emptied before a producer may fill it again",
        "taken[0] = sequence\ncell[0] = None",
        "queue-close",
    ),
    Fault(
        "a close does not wait for who is about to publish",
        "messaging.queues.ring",
        "while sender.door.is_inside():",
        "while False:",
        "queue-close",
    ),
    Fault(
        "a producer is out before it has published",
        "messaging.queues.sender",
        "if put_now(envelope) >= 0:\n    return True",
        "door[0] = was\nif put_now(envelope) >= 0:\n    return True",
        "queue-close",
    ),
    Fault(
        "a producer that waits for room does not say that it is inside",
        "messaging.queues.sender",
        "door[0] = True\nif door[1]:\n    return False\ntry:\n",
        "if door[1]:\n    return False\ntry:\n",
        "queue-close",
    ),
    Fault(
        "a producer does not look whether its door is shut",
        "messaging.queues.sender",
        "if door[1]:\n    return False\nif put_now(envelope) >= 0:",
        "if put_now(envelope) >= 0:",
        "queue-discard",
    ),
    Fault(
        "a producer that comes after the close finds its door open",
        "messaging.queues.ring",
        "if self._is_closing:  # after `_shut`, or before it: then it is shut twice",
        "if False:",
        "queue-discard",
    ),
    Fault(
        "a close does not wait for the handlers",
        "messaging.queues.base",
        "while any(each.is_alive and not each.runs_in(caller) for each in left) and backoff.pause():",
        "while False:",
        "queue",
    ),
]
