"""Faults of production rules that need two threads at the wrong moment to show, and the scenario in which each is found."""

from tests.faults.fault import Fault
from tests.schedules.message_queue_faults import MESSAGE_QUEUES
from tests.schedules.queue_faults import QUEUES

SEQUENCERS = [
    Fault("there is always room", "sequencer.capacity", "return sequence <= limit", "return True", "single"),
    Fault("one slot too many", "sequencer.capacity", "return sequence <= limit", "return sequence <= limit + 1", "single"),
    Fault(
        "the claim's compare-and-set is not looked at",
        "sequencer.multi_producer",
        "elif compare_and_set(current, sequence):",
        "elif compare_and_set(current, sequence) or True:",
        "multi-ones",
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
    Fault("never published is lap 0", "sequencer.multi_producer", "NEVER: Final = 1", "NEVER: Final = 0", "multi-ones"),
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
        "if self._cursor.get() <= published + self.buffer_size:",
        "if True:",
        "join-one-slot",
    ),
    Fault(
        "published before it is written",
        "sequencer.single_production",
        "    wait_for_capacity(sequence, n, timeout)\nclaimed = sequence\nreturn sequence",
        "    wait_for_capacity(sequence, n, timeout)\nclaimed = sequence\ncursor[0] = sequence\nreturn sequence",
        "single",
    ),
    Fault(
        "in a loop, published before it is filled",
        "sequencer.single_production",
        "yield slots[sequence & mask_], item",
        "words[0] = sequence\nyield slots[sequence & mask_], item",
        "each",
    ),
    Fault(
        "in a loop of one of several, published before it is filled",
        "sequencer.multi_producer",
        "yield slots[index], item",
        "flags_[index] = lap\nyield slots[index], item",
        "each-multi",
    ),
    Fault(
        "in a loop, an event that was left is not skipped",
        "sequencer.single_production",
        "if words[0] != claimed:",
        "if False:",
        "each",
    ),
    Fault(
        "in a loop of one of several, an event that was left is not skipped",
        "sequencer.multi_producer",
        "        tell()\nexcept BaseException as error:\n    give_up(skip, sequence, sequence, error)",
        "        tell()\nexcept BaseException:\n    pass",
        "each-multi",
    ),
    Fault(
        "put where there may be no room",
        "sequencer.single_production",
        "if sequence > limit[0] and not capacity.admits(sequence):\n    return NO_ROOM",
        "pass",
        "puts",
    ),
    Fault(
        "put after it is published",
        "sequencer.single_production",
        "    if rows is None:\n        slots[sequence & mask] = value",
        "    if rows is None:\n        cursor[0] = sequence\n        slots[sequence & mask] = value",
        "puts",
    ),
    Fault(
        "one of several puts where there may be no room",
        "sequencer.multi_producer",
        "if sequence > limit[0] and not capacity.admits(sequence):\n    return NO_ROOM",
        "pass",
        "puts-multi",
    ),
    Fault(
        "one of several puts after it is published",
        "sequencer.multi_producer",
        "if rows is None:\n    slots[index] = value",
        "if rows is None:\n    flags[index] = (sequence >> shift) & 1\n    slots[index] = value",
        "puts-multi",
    ),
    Fault(
        "one of several puts into a row after it is published",
        "sequencer.multi_producer",
        "    rows[index >> row_shift][index & row_mask] = value",
        "    flags[index] = (sequence >> shift) & 1\n    rows[index >> row_shift][index & row_mask] = value",
        "rows",
    ),
    Fault(
        "a batch is published before the last of its rows is filled",
        "producer.claim",
        "store(low, values)\npublish(low, high)",
        "store(low, values[:1])\npublish(low, high)\nstore(low + 1, values[1:])",
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
        "sequencer.multi_producer",
        "state.skipped.add(low, high)\npublish(low, high)",
        "publish(low, high)\nstate.skipped.add(low, high)",
        "skipping",
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
    Fault("an alert without a signal", "barrier", "self._wait_strategy.signal_all_when_blocking()", "pass", "halt-block"),
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
        "with self._condition:\n    while (available := dependent.get()) < sequence:",
        "available = dependent.get()\nwith self._condition:\n    while available < sequence:",
        "wait-block",
    ),
    Fault("no look at the alert under the lock", "wait.blocking", "barrier.check_alert()", "pass", "halt-block"),
    Fault(
        "one look, and no loop",
        "wait.blocking",
        "while (available := dependent.get()) < sequence:\n    barrier.check_alert()\n    self._condition.wait()",
        "if (available := dependent.get()) < sequence:\n    barrier.check_alert()\n    self._condition.wait()\n"
        "    available = sequence",
        "wait-block",
    ),
    Fault(
        "notified without the lock",
        "wait.blocking",
        "with self._condition:\n    self._condition.notify_all()",
        "self._condition.notify_all()",
        "wait-block",
    ),
    Fault("nobody is notified", "wait.lite_blocking", "self._condition.notify_all()", "pass", "wait-lite"),
    Fault(
        "the flag is raised after the look",
        "wait.lite_blocking",
        "    self._needed.store(1)\n    self._pass_turnstiles()\n    if (available := dependent.get()) >= sequence:\n"
        "        return available\n    barrier.check_alert()",
        "    if (available := dependent.get()) >= sequence:\n        return available\n    barrier.check_alert()\n"
        "    self._needed.store(1)\n    self._pass_turnstiles()",
        "wait-lite",
    ),
    Fault(
        "the flag is raised once",
        "wait.lite_blocking",
        "while True:\n    self._needed.store(1)",
        "self._needed.store(1)\nwhile True:",
        "wait-lite",
    ),
    Fault("a timeout is not told", "wait.timeout_blocking", "    break", "    return sequence", "early"),
]

PROCESSORS = [
    Fault(
        "the sequence advances before the handler",
        "processors.batch",
        "sequence = handle(sequence, last)",
        "own[0] = last\nsequence = handle(sequence, last)",
        "one-slot",
    ),
    Fault("nobody is told of an advance", "processors.batch", "advanced()", "pass", "wait-block"),
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
    Fault("a dead consumer leaves the ring open", "processors.processor", "self._ring.close(error)", "pass", "death"),
    Fault(
        "a state is moved without a compare-and-set",
        "processors.state",
        "if cell.compare_and_set(state, after):",
        "cell.store(after)\nif True:",
        "halt-death",
    ),
    Fault("the end of a run is not told", "processors.processor", "ended.set()", "pass", "restart"),
    Fault(
        "gating is registered after the start is chosen",
        "sequence",
        "_set_all(sequences, start.get())\nself._replace(self._members + sequences)\n_set_all(sequences, start.get())",
        "_set_all(sequences, start.get())\nself._replace(self._members + sequences)",
        "join-one-slot",
    ),
    Fault("the version is not read again", "sequence", "if version[0] == seen:", "if True:", "join-two"),
    Fault("who is removed goes on to gate", "sequence", "members.remove(sequence)", "pass", "leave"),
    Fault(
        "a drain does not wait for the last stage",
        "disruptor.lifecycle",
        "left = self._drain(timeout)",
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
        "a claim is announced after it is made",
        "processors.work.worker",
        "busy.word[0] = current\nself._claimed = last  # noted first: who sees the claim in `work` sees whose it is\n"
        "if not claim(current, last):\n    self._claimed = IDLE\nelse:",
        "self._claimed = last\nif not claim(current, last):\n    self._claimed = IDLE\nelse:\n    busy.word[0] = current",
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
        "done goes back", "processors.work.share", "if compare_and_set(current, lowest):", "done[0] = lowest\nif True:", "pool"
    ),
    Fault(
        "work is loaded after the others' busy",
        "processors.work.share",
        "claimed = fence(0)  # loads `work`, after this thread's own `busy` and before the others', see above\n"
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
        "release",
        "    dropped += clear(cleared + 1, lowest)\n    gate[0] = lowest"
        "  # release: the slots are cleared before a producer may fill them",
        "    gate[0] = lowest\n    dropped += clear(cleared + 1, lowest)",
        "values-one",
    ),
    Fault(
        "nobody looks again after clearing", "release", "if compare_and_set(seen, 0):", "pending[0] = 0\nif True:", "values-one"
    ),
    Fault(
        "the last to leave does not wait for who clears",
        "release",
        "while self._pending.load():",
        "while False:",
        "values-all-leave",
    ),
]

#: Of events with two fields.
TORN = [
    Fault(
        "published before its fields are written",
        "sequencer.single_production",
        "    wait_for_capacity(sequence, n, timeout)\nclaimed = sequence\nreturn sequence",
        "    wait_for_capacity(sequence, n, timeout)\nclaimed = sequence\ncursor[0] = sequence\nreturn sequence",
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

#: What is right as long as no store is delayed, and wrong on x86-64: a full fence is missing. Each must be missed where nothing
#: is delayed, and found where stores are, as of their models in spec/StoreBuffers*.cfg.
UNFENCED = [
    Fault(
        "the waiter passes no turnstile",
        "wait.lite_blocking",
        "self._pass_turnstiles()",
        "pass",
        "lite",
    ),
    Fault(
        "the signaller looks at the flag before it passes its turnstile",
        "wait.lite_blocking",
        "turnstile[0] = None\nif needed[0]:\n    notify()",
        "if needed[0]:\n    notify()\nturnstile[0] = None",
        "lite",
    ),
    Fault(
        "an alert is cleared by a plain store", "barrier", "self._alerted.exchange(0)", "self._alerted.store(0)", "halt-again"
    ),
    Fault(
        "the version is raised by a plain store",
        "sequence",
        "self._version.fetch_add(1)",
        "self._version.store(self._version.load() + 1)",
        "gate",
    ),
    Fault(
        "room is looked for before what was published is visible",
        "sequencer.capacity",
        "minimum = gating.settled_minimum(published)",
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
    for faults in (SEQUENCERS, BARRIERS, WAITING, PROCESSORS, POOLS, VALUES, TORN, QUEUES, MESSAGE_QUEUES)
    for fault in faults
}
DELAYED = {fault.name: fault for fault in UNFENCED}
FAULTS = IN_ORDER | DELAYED
