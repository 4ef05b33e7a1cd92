"""Runs a race on free-running threads, one thread an actor.

The actors meet before each instance: each stores the number of the turn in a cell of its own, and
looks at the others' until they have come as far. Who comes last goes on at once, the others a
little later; so each then waits a few turns of an empty loop, more or fewer each time, and the race
is met from every side. Each actor is bound to a core, because the system likes to put threads that
wait for each other on the same one. After the last instance the first actor collects what all have
seen, sets the instances back, and decides whether there is time for more.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Hashable

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY, Memory, Word
from tests.stress.litmus.grades import Litmus
from tests.support.threads import together

#: Looks at another actor's turn before its thread gives the processor away: it may be the one that
#: the other waits for.
LOOKS = 300
#: Turns of the empty loop, at most, between the meeting and the race.
DELAY = 6
#: The position of an actor that has ended, so that no other waits for it.
ENDED = 1 << 62

_yield_now = getattr(os, "sched_yield", lambda: None)


class _Meeting:
    """Where the actors meet: a cell for each. Any thread."""

    def __init__(self, actors: int) -> None:
        self.cells = [PROCESS_MEMORY.cell(0) for _ in range(actors)]
        self.over = PROCESS_MEMORY.cell(0)

    def words(self, actor: int) -> tuple[Word, list[Word]]:
        """Of the actor itself, and of the others: the calling thread's own."""
        words = [cell.view().word for cell in self.cells]
        return words.pop(actor), words


def meet(own: Word, others: list[Word], turn: int) -> None:
    """Ends when every other actor has come as far, or has ended; each waits only for this."""
    own[0] = turn
    for other in others:
        looks = 0
        while other[0] < turn:
            looks += 1
            if looks > LOOKS:
                _yield_now()


def run(litmus: Litmus, memory: Memory, seconds: float, seed: int = 0) -> Counter[Hashable]:
    """How often each outcome was seen in so many seconds; each instance is run once at least."""
    count = len(litmus.actors)
    instances = [litmus.make(memory) for _ in range(litmus.instances)]
    seen: list[list[Hashable]] = [[None] * litmus.instances for _ in range(count)]
    meeting = _Meeting(count)
    counts: Counter[Hashable] = Counter()
    deadline = time.monotonic() + seconds

    def play(actor: int) -> None:
        own, others = meeting.words(actor)
        cpus = sorted(SYSTEM_HOST.available_cpus())
        try:
            if cpus:
                SYSTEM_HOST.pin(cpus[actor % len(cpus)])
            acts = [litmus.actors[actor](instance) for instance in instances]
            over = meeting.over.view().word
            pick = random.Random(f"{seed}, {actor}")
            delays = [range(pick.randint(0, DELAY)) for _ in range(litmus.instances + 1)]
            results = seen[actor]
            collect = collector() if actor == 0 else None
            turn = 0
            while True:
                for index, act in enumerate(acts):
                    turn += 1
                    meet(own, others, turn)
                    for _ in delays[index]:
                        pass
                    results[index] = act()
                delays.append(delays.pop(0))
                meet(own, others, turn + 1)
                if collect is not None and not collect():
                    over[0] = 1
                turn += 2
                meet(own, others, turn)
                if over[0]:
                    return
        finally:
            meeting.over.store(1)
            own[0] = ENDED

    def collector() -> Callable[[], bool]:
        back = [litmus.set_back(instance) for instance in instances]
        final = (
            [litmus.final(instance) for instance in instances] if litmus.final is not None else None
        )

        def collect() -> bool:
            columns: list[list[Hashable]] = [
                *seen,
                *([[look() for look in final]] if final is not None else []),
            ]
            counts.update(zip(*columns, strict=True))
            for each in back:
                each()
            return time.monotonic() < deadline

        return collect

    together(*(lambda actor=actor: play(actor) for actor in range(count)))
    return counts
