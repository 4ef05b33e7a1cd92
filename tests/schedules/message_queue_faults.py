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
        "while (is_inside := any(sender.guard.is_inside() for sender in others)) and "
        "backoff.pause():",
        "while (is_inside := False):",
        "queue-close",
    ),
    Fault(
        "a producer is out before it has published",
        "messaging.queues.sender",
        "if put_now(envelope) >= 0:\n    return True",
        "own_guard[0] = was\nif put_now(envelope) >= 0:\n    return True",
        "queue-close",
    ),
    Fault(
        "a producer that waits for room does not say that it is inside",
        "messaging.queues.sender",
        "guard[0] = True\nif guard[1]:\n    return False\ntry:\n",
        "if guard[1]:\n    return False\ntry:\n",
        "queue-close",
    ),
    Fault(
        "a producer does not look whether its guard is shut",
        "messaging.queues.sender",
        "if own_guard[1]:\n    return False\nif put_now(envelope) >= 0:",
        "if put_now(envelope) >= 0:",
        "queue-late-sender",
    ),
    Fault(
        "a producer that comes after the close finds its guard open",
        "messaging.queues.ring",
        "if self.is_closed:  # after `_shut`, or before it: then it is shut twice",
        "if False:",
        "queue-late-sender",
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
