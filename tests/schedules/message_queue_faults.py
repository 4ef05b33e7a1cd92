"""Faults of the queues of messages, and the scenario in which each is found."""

from tests.faults.fault import Fault

MESSAGE_QUEUES = [
    Fault(
        "a leader that leaves keeps the lead",
        "messaging.queues.leader_followers",
        "successor = self.pass_on() if self.lead[0] is follower else None",
        "successor = None",
        "queue-remove",
    ),
    Fault(
        "the next leader is not woken",
        "messaging.queues.bind_receiver",
        "if successor is not None:\n    successor.wake()\nif envelope is not None:\n"
        "    return envelope",
        "if envelope is not None:\n    return envelope",
        "queue-shared",
    ),
    Fault(
        "a leader that waits is not one",
        "messaging.queues.bind_receiver",
        "lead_[0] = follower_",
        "pass",
        "queue-remove",
    ),
    Fault(
        "a leader is not told to stop",
        "messaging.queues.leader_followers",
        "if leads:\n    self.source.interrupt()",
        "pass",
        "queue-remove",
    ),
    Fault(
        "a leader that waits does not learn that a message has come back",
        "messaging.queues.leader_followers",
        "if self.lead[0] is not None:\n    self.source.interrupt()",
        "pass",
        "queue-answers",
    ),
    Fault(
        "a new leader waits although a message has come back",
        "messaging.queues.bind_receiver",
        "if not followers.returned:\n    wait()",
        "wait()",
        "queue-answers-more",
    ),
    Fault(
        "what a consumer has not answered is not given back",
        "messaging.queues.consumer",
        "self._locked.end()",
        "pass",
        "queue-answers",
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
        "while (is_open := sequencer.published() < sequencer.claimed) and backoff.pause():",
        "while is_open := False:",
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
    Fault(
        "a chunk is published before it is stored",
        "producer.whole_chunks",
        "store(low, values)\nis_stored = True\npublish_claimed(low, high)",
        "publish_claimed(low, high)\nstore(low, values)\nis_stored = True",
        "queue-batches",
    ),
    Fault(
        "the slots of a batch are free before they are empty",
        "messaging.queues.ring_source",
        "(batch,) = clear(current + 1, end)  # one list: each slot is a row of its own\n"
        "# Release: the slots were read and emptied before a producer may fill them again\n"
        "taken[0] = end",
        "taken[0] = end\n(batch,) = clear(current + 1, end)",
        "queue-batches-close",
    ),
    Fault(
        "a batch waits for more although its consumer is to stop",
        "messaging.queues.batch_filler",
        "if self._follower.is_stopping:\n    return False",
        "pass",
        "queue-batches-wait",
    ),
]
