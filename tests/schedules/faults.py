"""Faults that need two threads at the wrong moment to show, and the scenario that finds each."""

from tests.faults.fault import Fault
from tests.schedules.bus_faults import BUSES
from tests.schedules.message_queue_faults import MESSAGE_QUEUES
from tests.schedules.queue_faults import QUEUES
from tests.schedules.record_faults import RECORDS

SEQUENCERS = [
    Fault(
        "there is always room",
        "sequencer.capacity",
        "return sequence <= limit",
        "return True",
        "single",
    ),
    Fault(
        "one slot too many",
        "sequencer.capacity",
        "return sequence <= limit",
        "return sequence <= limit + 1",
        "single",
    ),
    Fault(
        "the claim's compare-and-set is not looked at",
        "producer.multi",
        "elif compare_and_set(current, sequence):",
        "elif compare_and_set(current, sequence) or True:",
        "multi-ones",
    ),
    Fault(
        "a newcomer does not wait for a claim on its way",
        "sequencer.biased_producer",
        "if self.has_claim_on_its_way():",
        "if False:",
        "alone",
    ),
    Fault(
        "the grant stays when another producer comes",
        "sequencer.biased_producer",
        "self._grant.exchange(REVOKED)",
        "pass",
        "alone",
    ),
    Fault(
        "a close leaves the owner its grant",
        "sequencer.biased_producer",
        "self.revoke()\nsuper()._seal()",
        "super()._seal()",
        "close-alone",
    ),
    Fault(
        "the grant is raised with a plain store",
        "producer.biased",
        "if not grant_view.compare_and_set(granted, room):",
        "grant[0] = room\nif False:",
        "alone-full",
    ),
    Fault(
        "the owner goes on from an old claim",
        "producer.biased",
        "claimed = last\nowner_id = own_id",
        "owner_id = own_id",
        "alone-one",
    ),
    Fault(
        "what is claimed counts as published",
        "sequencer.published_flags",
        "last = claimed if low == claimed else search(low + 1, claimed)",
        "last = claimed",
        "multi",
    ),
    Fault(
        "the first flag is not looked at",
        "sequencer.published_flags",
        "if flags[low & mask] == lap:",
        "if True:",
        "multi-ones",
    ),
    Fault(
        "never published is lap 0",
        "sequencer.multi_producer",
        "NEVER: Final = 1",
        "NEVER: Final = 0",
        "multi-ones",
    ),
    Fault(
        "a flag without its lap",
        "sequencer.published_flags",
        "    lap = (low >> shift) & 1\n    if flags[low & mask] == lap:",
        "    lap = 0\n    if flags[low & mask] == lap:",
        "multi-chain",
    ),
    Fault(
        "the prefix is not looked at again",
        "sequencer.multi_producer",
        "if self.claimed <= published + self.buffer_size:",
        "if True:",
        "join-one-slot",
    ),
    Fault(
        "published before it is written",
        "producer.single",
        "        wait_until(admits, sequence, n, timeout)\nexcept BaseException:\n"
        "    claimed = sequence - n\n    raise\n"
        "return sequence",
        "        wait_until(admits, sequence, n, timeout)\nexcept BaseException:\n"
        "    claimed = sequence - n\n    raise\n"
        "cursor[0] = sequence\nreturn sequence",
        "single",
    ),
    Fault(
        "in a loop, published before it is filled",
        "producer.single",
        "yield slots[sequence & mask_], item",
        "words[0] = sequence\nyield slots[sequence & mask_], item",
        "each",
    ),
    Fault(
        "in a loop of one of several, published before it is filled",
        "producer.multi",
        "yield slots[index], item",
        "flags_[index] = lap\nyield slots[index], item",
        "each-multi",
    ),
    Fault(
        "in a loop, an event that was left is not skipped",
        "producer.single",
        "if cursor[0] != claimed:",
        "if False:",
        "each",
    ),
    Fault(
        "in a loop of one of several, an event that was left is not skipped",
        "producer.multi",
        "            tell()\nexcept BaseException as error:\n    try:\n"
        "        give_up(sequence, sequence, error)",
        "            tell()\nexcept BaseException as error:\n    try:\n        pass",
        "each-multi",
    ),
    Fault(
        "in a loop of one that is alone, published before it is filled",
        "producer.biased",
        "yield slots[index], item",
        "flags_[index] = lap\nyield slots[index], item",
        "alone-each",
    ),
    Fault(
        "in a loop of one that is alone, an event that was left is not skipped",
        "producer.biased",
        "            tell()\nexcept BaseException as error:\n    try:\n"
        "        give_up(sequence, sequence, error)",
        "            tell()\nexcept BaseException as error:\n    try:\n        pass",
        "alone-each",
    ),
    Fault(
        "in a loop of one that is alone, a claim beyond the grant stands",
        "producer.biased",
        "    words[0] = sequence\nelse:\n    claimed, sequence = sequence - 1, NO_CAPACITY",
        "    words[0] = sequence\nelse:\n    words[0] = sequence",
        "alone-each",
    ),
    Fault(
        "put where there may be no room",
        "producer.single",
        "if sequence > limit[0] and not admits(sequence, 1):\n    return NO_CAPACITY\n"
        "lists[(sequence & mask) >> list_shift][sequence & list_mask] = value",
        "lists[(sequence & mask) >> list_shift][sequence & list_mask] = value",
        "puts",
    ),
    Fault(
        "put after it is published",
        "producer.single",
        "lists[(sequence & mask) >> list_shift][sequence & list_mask] = value",
        "cursor[0] = sequence\n"
        "lists[(sequence & mask) >> list_shift][sequence & list_mask] = value",
        "puts",
    ),
    Fault(
        "one of several puts where there may be no room",
        "producer.multi",
        "if sequence > limit[0] and not capacity.admits(sequence):\n    return NO_CAPACITY",
        "pass",
        "puts-multi",
    ),
    Fault(
        "one of several puts after it is published",
        "producer.multi",
        "lists[index >> list_shift][index & list_mask] = value",
        "flags[index] = (sequence >> shift) & 1\n"
        "lists[index >> list_shift][index & list_mask] = value",
        "puts-multi",
    ),
    Fault(
        "fill where there may be no room",
        "producer.single",
        "    if sequence > limit[0] and not admits(sequence, 1):\n        return NO_CAPACITY\n"
        "except BaseException:",
        "    pass\nexcept BaseException:",
        "fills",
    ),
    Fault(
        "fill after it is published",
        "producer.single",
        "# Unpacking the arguments of a call takes longer than the call.",
        "cursor[0] = sequence",
        "fills",
    ),
    Fault(
        "an event whose translator raised is not skipped",
        "producer.single",
        "try:\n    give_up(sequence, sequence, error)",
        "try:\n    pass",
        "fills",
    ),
    Fault(
        "one of several fills where there may be no room",
        "producer.multi_fill",
        "if sequence > limit[0] and not capacity.admits(sequence):\n    return NO_CAPACITY",
        "pass",
        "fills-multi",
    ),
    Fault(
        "one of several fills after it is published",
        "producer.multi_fill",
        "# Unpacking the arguments of a call takes longer than the call.",
        "flags[index] = lap",
        "fills-multi",
    ),
    Fault(
        "an event whose translator raised, of several producers, is not skipped",
        "producer.multi_fill",
        "try:\n    recovery.give_up(sequence, sequence, error)",
        "try:\n    pass",
        "fills-multi",
    ),
    Fault(
        "one of several puts into a stripe after it is published",
        "producer.multi",
        "lists[index >> list_shift][index & list_mask] = value",
        "flags[index] = (sequence >> shift) & 1\n"
        "lists[index >> list_shift][index & list_mask] = value",
        "rows",
    ),
    Fault(
        "a batch is published before the last of its rows is filled",
        "producer.values",
        "store(low, taken)\npublish_claimed(low, high)",
        "store(low, taken[:1])\npublish_claimed(low, high)\nstore(low + 1, taken[1:])",
        "rows",
    ),
    Fault(
        "the rows of a batch are read in the wrong order",
        "memory.ranges",
        "return head + tail",
        "return tail + head",
        "rows",
    ),
    Fault(
        "a row is cleared to its end",
        "memory.ranges",
        "row[start:stop] = nothing[start:stop]",
        "row[start:] = nothing[start:]",
        "rows",
    ),
    Fault(
        "a batch that does not begin with a row fills one slot too many of the next",
        "memory.ranges",
        "at = mask + 1 - start\n",
        "at = mask + 1\n",
        "rows",
    ),
    Fault(
        "skipped after it is published",
        "producer.multi_recovery",
        "skipped.add(low, high)\npublish(low, high)",
        "publish(low, high)\nskipped.add(low, high)",
        "skipping",
    ),
    Fault(
        "what failed is noted after the consumer has passed it",
        "processors.failure_policy",
        "if self.ask(error, hook, sequence, last, event) is FailureAction.SKIP:\n"
        "    unreleased = max(sequence, self._own[0] + 1)\n"
        "    if unreleased <= last:\n"
        "        self._skip(unreleased, last)\n"
        "self.advance(last)",
        "if self.ask(error, hook, sequence, last, event) is FailureAction.SKIP:\n"
        "    unreleased = max(sequence, self._own[0] + 1)\n"
        "    self.advance(last)\n"
        "    if unreleased <= last:\n"
        "        self._skip(unreleased, last)\n"
        "self.advance(last)",
        "failed-one-slot",
    ),
    Fault(
        "a skipped range is counted before it is stored",
        "skipped",
        "self._ranges = (*kept, (low, high))\nself._count.fetch_add(1)",
        "self._count.fetch_add(1)\nself._ranges = (*kept, (low, high))",
        "skipping",
    ),
    Fault(
        "a ring's limit is lowered before the ring says that it is closed",
        "sequencer.ring_state",
        "self._closed.store(1)\n"
        "self.limit.exchange(CLOSED_LIMIT)  # a fence too: see `SingleProducerSequencer._seal`",
        "self.limit.exchange(CLOSED_LIMIT)\nself._closed.store(1)",
        "closed",
    ),
    Fault(
        "a ring says that it is closed before it knows why",
        "sequencer.ring_state",
        "if self._error is None:\n    self._error = error\nself._closed.store(1)",
        "self._closed.store(1)\nif self._error is None:\n    self._error = error",
        "closed-multi",
    ),
    Fault(
        "a closed ring is not sealed",
        "sequencer.seal",
        "if cursor.compare_and_set(current, current + SEAL):\n    return",
        "return",
        "end-puts",
    ),
    Fault(
        "a closed ring is not sealed, where events are claimed and published",
        "sequencer.seal",
        "if cursor.compare_and_set(current, current + SEAL):\n    return",
        "return",
        "end-multi",
    ),
    Fault(
        "a seal is stored, and not swapped",
        "sequencer.seal",
        "if cursor.compare_and_set(current, current + SEAL):\n    return",
        "cursor.set(current + SEAL)\nreturn",
        "close-puts",
    ),
    Fault(
        "a put looks whether the ring is closed before it announces its claim",
        "producer.single",
        "claimed = sequence = claimed + 1\ntry:\n"
        "    if sequence > limit[0] and not admits(sequence, 1):\n        return NO_CAPACITY",
        "sequence = claimed + 1\ntry:\n    if sequence > limit[0] and not admits(sequence, 1):\n"
        "        return NO_CAPACITY\n"
        "    claimed = sequence",
        "close-put",
    ),
    Fault(
        "after a look for room it is not looked once more whether the ring is closed",
        "producer.single",
        "if closed[0]:  # the limit was kept before the claim was announced, so look once more",
        "if False:",
        "end-put",
    ),
    Fault(
        "a claim that is refused stays announced",
        "producer.single",
        "claimed = sequence - n\nif not capacity.admits(sequence):",
        "if not capacity.admits(sequence):",
        "end-put",
    ),
    Fault(
        "a shutdown drains what is published, and not what is claimed",
        "disruptor.drain",
        "while left := self.left(self._graph.ring.sequencer.claimed):",
        "while left := self.left(self._graph.ring.sequencer.published()):",
        "end-put",
    ),
    Fault(
        "a closed ring is not noticed while waiting",
        "sequencer.capacity",
        "if self._closed[0]:",
        "if False:",
        "death",
    ),
]

BARRIERS = [
    Fault(
        "dependents are not looked at",
        "barrier",
        "return lowest_of(published_from(sequence))",
        "return published_from(sequence)",
        "single",
    ),
    Fault(
        "only the first dependent is looked at",
        "barrier",
        "for word in words:",
        "for word in words[:1]:",
        "diamond",
    ),
    Fault(
        "an alert without a signal",
        "barrier",
        "self._wait_strategy.signal_all_when_blocking()",
        "pass",
        "halt-block",
    ),
    Fault(
        "an alert after its signal",
        "barrier",
        "self._alerted.exchange(1)\nself._wait_strategy.signal_all_when_blocking()",
        "self._wait_strategy.signal_all_when_blocking()\nself._alerted.exchange(1)",
        "halt-block",
    ),
]

WAITING = [
    Fault(
        "spinning without a look at the alert",
        "wait.busy_spin",
        "if alerts[0]:",
        "if False:",
        "halt-spin",
    ),
    Fault(
        "the predicate is looked at before the lock is taken",
        "wait.blocking",
        "with self._condition:\n"
        "    while True:  # see `ringbuffer.system` for why the condition does not stand here\n"
        "        available = dependent.get()",
        "available = dependent.get()\nwith self._condition:\n    while True:",
        "wait-block",
    ),
    Fault(
        "no look at the alert under the lock",
        "wait.blocking",
        "barrier.check_alert()",
        "pass",
        "halt-block",
    ),
    Fault(
        "one look, and no loop",
        "wait.blocking",
        "    return available\nbarrier.check_alert()\nself._condition.wait()",
        "    return available\nbarrier.check_alert()\nself._condition.wait()\nreturn sequence",
        "wait-block",
    ),
    Fault(
        "notified without the lock",
        "wait.blocking",
        "with self._condition:\n    self._condition.notify_all()",
        "self._condition.notify_all()",
        "wait-block",
    ),
    Fault(
        "no thread is notified",
        "wait.lite_blocking",
        "self._condition.notify_all()",
        "pass",
        "wait-lite",
    ),
    Fault(
        "the flag is raised after the look",
        "wait.lite_blocking",
        "    self._needed.store(1)\n    self._pass_fence_locks()\n"
        "    if (available := dependent.get()) >= sequence:\n"
        "        return available\n    barrier.check_alert()",
        "    if (available := dependent.get()) >= sequence:\n        return available\n"
        "    barrier.check_alert()\n"
        "    self._needed.store(1)\n    self._pass_fence_locks()",
        "wait-lite",
    ),
    Fault(
        "the flag is raised once",
        "wait.lite_blocking",
        "while True:\n    self._needed.store(1)",
        "self._needed.store(1)\nwhile True:",
        "wait-lite",
    ),
    Fault(
        "a timeout is not told",
        "wait.timeout_blocking",
        "if remaining <= 0:\n    return available",
        "if remaining <= 0:\n    return sequence",
        "early",
    ),
]

PROCESSORS = [
    Fault(
        "the sequence advances before the handler",
        "processors.batch",
        "sequence = handle(sequence, last)",
        "own[0] = last\nsequence = handle(sequence, last)",
        "one-slot",
    ),
    Fault("an advance is not signalled", "processors.batch", "advanced()", "pass", "wait-block"),
    Fault(
        "the alert is cleared after the look at the state",
        "processors.batch",
        "self._barrier.clear_alert()\nstopping = self._must_stop()",
        "stopping = self._must_stop()\nself._barrier.clear_alert()",
        "halt-again",
    ),
    Fault(
        "the state is not looked at after an alert",
        "processors.batch",
        "self._barrier.clear_alert()\nstopping = self._must_stop()",
        "self._barrier.clear_alert()",
        "halt-spin",
    ),
    Fault(
        "a run begins without a look at the state",
        "processors.batch",
        "stopping = self._must_stop()\nwhile not stopping:",
        "self._barrier.clear_alert()\nstopping = False\nwhile not stopping:",
        "start-halt",
    ),
    Fault(
        "a halt before the first run is forgotten",
        "processors.processor",
        "(ProcessorState.IDLE, ProcessorState.HALT_PENDING),",
        "",
        "start-halt",
    ),
    Fault(
        "a dead consumer leaves the ring open",
        "processors.processor",
        "self._ring.close(error)",
        "pass",
        "death",
    ),
    Fault(
        "a state is moved without a compare-and-set",
        "processors.state",
        "if cell.compare_and_set(state, after):",
        "cell.store(after)\nif True:",
        "halt-death",
    ),
    Fault("the end of a run is not told", "processors.life", "ended.set()", "pass", "restart"),
    Fault(
        "gating is registered after the start is chosen",
        "sequence_group",
        "_set_all(sequences, start.get())\nself._replace(self._members + sequences)\n"
        "_set_all(sequences, start.get())",
        "_set_all(sequences, start.get())\nself._replace(self._members + sequences)",
        "join-one-slot",
    ),
    Fault(
        "the version is not read again",
        "sequence_group",
        "if version[0] == seen:",
        "if True:",
        "join-two-laps",
    ),
    Fault(
        "who is removed goes on to gate",
        "sequence_group",
        "self._replace(members)",
        "pass",
        "leave",
    ),
    Fault(
        "a drain does not wait for the last stage",
        "disruptor.lifecycle",
        "left = self._drain.run(timeout)",
        "left = {}",
        "shutdown",
    ),
]

POOLS = [
    Fault(
        "a worker's claim is not looked at",
        "processors.work.worker",
        "if not claim(current, last):",
        "claim(current, last)\nif False:",
        "pool",
    ),
    Fault(
        "who has lost a claim waits with it",
        "processors.work.worker",
        "rest(busy, raise_done)\navailable = barrier.wait_for(current + 1)",
        "available = barrier.wait_for(current + 1)",
        "pool-one-slot",
    ),
    Fault(
        "a claim is announced after it is made",
        "processors.work.worker",
        "busy.word[0] = current\n"
        "self._claimed = last  # before the claim: a reader that sees `work` moved sees this\n"
        "if not claim(current, last):\n    self._claimed = IDLE\nelse:",
        "self._claimed = last\nif not claim(current, last):\n    self._claimed = IDLE\nelse:\n"
        "    busy.word[0] = current",
        "pool",
    ),
    Fault(
        "done is what is claimed",
        "processors.work.share",
        "lowest = min(claimed, minimum(claimed))",
        "lowest = claimed",
        "pool",
    ),
    Fault(
        "done goes back",
        "processors.work.share",
        "if compare_and_set(current, lowest):",
        "done[0] = lowest\nif True:",
        "pool",
    ),
    Fault(
        "work is loaded after the others' busy",
        "processors.work.share",
        "claimed = fence(0)  # loads `work`: after the own `busy`, before the others'; see above\n"
        "lowest = min(claimed, minimum(claimed))",
        "others = minimum(1 << 62)\nclaimed = fence(0)\nlowest = min(claimed, others)",
        "pool",
    ),
    Fault(
        "a halted worker drops its claim",
        "processors.work.worker",
        "while first <= self._claimed:",
        "while first <= self._claimed and not self._must_stop():",
        "pool-halt",
    ),
]

VALUES = [
    Fault(
        "the gate is stored before the slots are cleared",
        "reclaiming",
        "    dropped += clear(cleared + 1, lowest)\n"
        "    # Release: the slots are cleared before a producer may fill them\n"
        "    gate[0] = lowest",
        "    gate[0] = lowest\n    dropped += clear(cleared + 1, lowest)",
        "values-one",
    ),
    Fault(
        "no thread looks again after clearing",
        "reclaiming",
        "if compare_and_set(seen, 0):",
        "pending[0] = 0\nif True:",
        "values-one",
    ),
    Fault(
        "the last to leave does not wait for the clearing thread",
        "reclaiming",
        "if not self._pending.load():",
        "if True:",
        "values-all-leave",
    ),
]

#: Of events with two fields.
TORN = [
    Fault(
        "published before its fields are written",
        "producer.single",
        "        wait_until(admits, sequence, n, timeout)\nexcept BaseException:\n"
        "    claimed = sequence - n\n    raise\n"
        "return sequence",
        "        wait_until(admits, sequence, n, timeout)\nexcept BaseException:\n"
        "    claimed = sequence - n\n    raise\n"
        "cursor[0] = sequence\nreturn sequence",
        "torn",
    ),
    Fault(
        "the sequence advances before the fields are read",
        "processors.batch",
        "sequence = handle(sequence, last)",
        "own[0] = last\nsequence = handle(sequence, last)",
        "torn",
    ),
    Fault(
        "a slot is written again while its fields are read",
        "sequencer.capacity",
        "return sequence <= limit",
        "return sequence <= limit + 1",
        "torn-multi",
    ),
]

#: What is right as long as no store is delayed, and wrong on x86-64: a full fence is missing. Each
#: must be missed where nothing is delayed, and found where stores are, as of their models in
#: spec/configurations/StoreBuffers*.cfg.
UNFENCED = [
    Fault(
        "the waiter passes no fence lock",
        "wait.lite_blocking",
        "self._pass_fence_locks()",
        "pass",
        "lite",
    ),
    Fault(
        "the signaller looks at the flag before it passes its fence lock",
        "wait.signal",
        "fence[0] = None\nif needed[0] and notify is not None:\n    notify()",
        "if needed[0] and notify is not None:\n    notify()\nfence[0] = None",
        "lite",
    ),
    Fault(
        "who becomes a signaller does not pass the registration",
        "wait.lite_blocking",
        "self._fence_locks.append(weakref.ref(fence_lock, self._forget))\n"
        "self._registration[0] = None",
        "self._fence_locks.append(weakref.ref(fence_lock, self._forget))",
        "lite-new",
    ),
    Fault(
        "who becomes a signaller is listed after it has passed the registration",
        "wait.lite_blocking",
        "self._fence_locks.append(weakref.ref(fence_lock, self._forget))\n"
        "self._registration[0] = None",
        "self._registration[0] = None\n"
        "self._fence_locks.append(weakref.ref(fence_lock, self._forget))",
        "lite-new",
    ),
    Fault(
        "a signaller is not listed",
        "wait.lite_blocking",
        "self._fence_locks.append(weakref.ref(fence_lock, self._forget))\n"
        "self._registration[0] = None",
        "self._registration[0] = None",
        "lite",
    ),
    Fault(
        "who falls asleep does not pass the registration",
        "wait.lite_blocking",
        "self._registration[0] = None\nfor reference in self._fence_locks.copy():",
        "for reference in self._fence_locks.copy():",
        "lite-new",
    ),
    Fault(
        "an alert is cleared by a plain store",
        "barrier",
        "self._alerted.exchange(0)",
        "self._alerted.store(0)",
        "halt-again",
    ),
    Fault(
        "the version is raised by a plain store",
        "sequence_group",
        "self._version.fetch_add(1)",
        "self._version.store(self._version.load() + 1)",
        "gate",
    ),
    Fault(
        "room is looked for before what was published is visible",
        "sequencer.reclaim_limit",
        "minimum = gating.fenced_minimum(published)",
        "minimum = gating.minimum(published)",
        "gate",
    ),
    Fault(
        "work is loaded without a fence",
        "processors.work.share",
        "fence: Final = self.work.view().fetch_add",
        "fence: Final = lambda _, work=self.work.view(): work.get()",
        "pool-two",
    ),
]

#: For the command `faults`, and where nothing is delayed.
IN_ORDER = {
    fault.name: fault
    for faults in (
        SEQUENCERS,
        BARRIERS,
        WAITING,
        PROCESSORS,
        POOLS,
        VALUES,
        RECORDS,
        TORN,
        QUEUES,
        MESSAGE_QUEUES,
        BUSES,
    )
    for fault in faults
}
DELAYED = {fault.name: fault for fault in UNFENCED}
FAULTS = IN_ORDER | DELAYED
