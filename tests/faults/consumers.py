"""Faults of barriers, groups of sequences, the reclaiming of slots, processors, and work pools."""

from tests.faults.fault import Fault
from tests.faults.tests import JOINING, LIFECYCLE, MEMBERS, MULTI, SINGLE, VALUES, WORK_POOL

BARRIER = [
    Fault(
        "dependents are not waited for",
        "barrier",
        "available = Available(published, self._dependents) if self._dependents else published",
        "available = published",
        SINGLE,
    ),
    Fault(
        "a barrier stands beyond its dependents",
        "barrier",
        "lowest = min(\n"
        "    lowest,\n"
        "    dependent.get(lowest) if isinstance(dependent, SequenceGroup) else dependent.get(),\n"
        ")",
        "pass",
        MULTI,
    ),
    Fault(
        "an alert is not looked for",
        "barrier",
        "    raise alert.error()\nhighest = word[0]",
        "    pass\nhighest = word[0]",
        SINGLE,
    ),
    Fault("an alert is not cleared", "barrier", "self._alerted.exchange(0)", "pass", MULTI),
]

GROUPS = [
    Fault(
        "a newcomer keeps its own start",
        "sequence_group",
        "for sequence in sequences:",
        "for sequence in ():",
        JOINING,
    ),
    Fault("a member that left stays", "sequence_group", "self._replace(members)", "pass", JOINING),
    Fault(
        "the version is not raised", "sequence_group", "self._version.fetch_add(1)", "pass", MEMBERS
    ),
    Fault("the first member counts", "sequence_group", "if value < minimum:", "if False:", SINGLE),
    Fault(
        "a newcomer takes the others' place",
        "sequence_group",
        "self._replace(self._members + sequences)\n_set_all(sequences, start.get())",
        "self._replace(sequences)\n_set_all(sequences, start.get())",
        JOINING,
    ),
]

RELEASING = [
    Fault(
        "the first slot is not cleared",
        "reclaiming",
        "dropped += clear(cleared + 1, lowest)",
        "dropped += clear(cleared + 2, lowest)",
        VALUES,
    ),
    Fault(
        "slots are cleared too early",
        "reclaiming",
        "dropped += clear(cleared + 1, lowest)",
        "dropped += clear(cleared + 1, lowest + 1)",
        VALUES,
    ),
    Fault(
        "nothing is cleared when the last one leaves",
        "reclaiming",
        "dropped += self._clearer(self._slots.view())(cleared + 1, published)",
        "pass",
        VALUES,
    ),
    Fault(
        "the gate does not follow",
        "reclaiming",
        "gate[0] = lowest",
        "pass",
        VALUES,
    ),
]

LIFE = [
    Fault(
        "a halt before the first run is forgotten",
        "processors.processor",
        "(ProcessorState.IDLE, ProcessorState.HALT_PENDING),",
        "",
        LIFECYCLE,
    ),
    Fault(
        "a halt alerts no thread",
        "processors.processor",
        "halting.set()\nself._barrier.alert()",
        "halting.set()",
        LIFECYCLE,
    ),
    Fault(
        "a dead consumer leaves the ring open",
        "processors.processor",
        "self._ring.close(error)",
        "pass",
        LIFECYCLE,
    ),
    Fault(
        "one that was halted cannot be started again",
        "processors.life",
        "(ProcessorState.HALTED, ProcessorState.RUNNING),",
        "",
        LIFECYCLE,
    ),
    Fault(
        "a run that has ended still runs",
        "processors.life",
        "self._state.store(ProcessorState.HALTED)",
        "pass",
        LIFECYCLE,
    ),
    Fault(
        "an old failure is kept",
        "processors.life",
        "self._failure, self._thread = None, None",
        "self._thread = None",
        LIFECYCLE,
    ),
]

BATCHES = [
    Fault(
        "the sequence does not advance",
        "processors.batch",
        "own[0] = last  # release: the slots have been read before a producer fills them",
        "pass",
        LIFECYCLE,
    ),
    Fault(
        "the sequence advances before the handler",
        "processors.batch",
        "sequence = handle(sequence, last)",
        "own[0] = last\nsequence = handle(sequence, last)",
        LIFECYCLE,
    ),
    Fault(
        "a run begins one too late",
        "processors.batch",
        "sequence = own[0] + 1",
        "sequence = own[0] + 2",
        LIFECYCLE,
    ),
    Fault(
        "an alert is not cleared before it goes on",
        "processors.batch",
        "self._barrier.clear_alert()",
        "pass",
        LIFECYCLE,
    ),
    Fault(
        "a batch is one too long",
        "processors.batch",
        "last = sequence + max_batch_size - 1",
        "last = sequence + max_batch_size",
        LIFECYCLE,
    ),
]

WORK = [
    Fault(
        "a worker claims beyond what is available",
        "processors.work.worker",
        "last = current + chunk(available - current)",
        "last = current + chunk(available - current) + 1",
        WORK_POOL,
    ),
    Fault(
        "a claim that was lost is handled",
        "processors.work.worker",
        "if not claim(current, last):",
        "claim(current, last)\nif False:",
        WORK_POOL,
    ),
    Fault(
        "a claim is not announced",
        "processors.work.worker",
        "busy.word[0] = current",
        "pass",
        WORK_POOL,
    ),
    Fault(
        "what a dead worker has claimed is forgotten",
        "processors.work.worker",
        "if self._claimed == IDLE:\n    return True",
        "if True:\n    return True",
        WORK_POOL,
    ),
    Fault(
        "done is raised to work",
        "processors.work.share",
        "lowest = min(claimed, minimum(claimed))",
        "lowest = claimed",
        WORK_POOL,
    ),
    Fault(
        "done is not raised",
        "processors.work.worker",
        "busy.word[0] = IDLE\nraise_done()",
        "busy.word[0] = IDLE",
        WORK_POOL,
    ),
    Fault(
        "a worker never rests",
        "processors.work.worker",
        "busy.word[0] = IDLE\nraise_done()",
        "raise_done()",
        WORK_POOL,
    ),
    Fault(
        "a worker leaves nothing to the others",
        "processors.work.share",
        "return max(1, min(self.max_chunk, available // max(1, len(self.busy))))",
        "return max(1, min(self.max_chunk, available))",
        WORK_POOL,
    ),
]

CONSUMER_FAULTS = [*BARRIER, *GROUPS, *RELEASING, *LIFE, *BATCHES, *WORK]
