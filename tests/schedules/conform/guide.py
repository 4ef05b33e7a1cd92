"""`LockStep` moves the model along with production code; `Guide` leads the code to new steps."""

import random
from collections.abc import Sequence
from typing import Any, Final

from ringbuffer.testing.outcomes import Pruned, RunFailure, Step
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import ScheduledTask
from tests.schedules.conform.graph import Graph, Node, Turn

#: How often anybody goes on instead: what looks near in the model may be out of reach of this run.
STRAY: Final = 0.02
#: So many turns without a step of the model, or in which the wanted task cannot go on, end the way.
PATIENCE: Final = 60


class LockStep:
    """Observes one run, and takes the model along.

    Attributes:
        node: the state of the model, see `Graph`.
        chosen: what each thread has chosen last, where the model leaves that open.
        steps: how many accesses were steps of the model.
        last: the last of them.
    """

    def __init__(self, graph: Graph, start: Node) -> None:
        self._graph: Final = graph
        self.node: Node = start
        self.chosen: Final[dict[str, Any]] = {}
        self.steps = 0
        self.last: Turn | None = None

    def observe(self, step: Step) -> None:
        graph = self._graph
        chosen = self.chosen.get(step.task)
        for turn in graph.turns(self.node):
            if turn.thread == step.task and turn.access[:2] == step[1:3]:
                _, _, value, choice = turn.access
                if value in (None, step.value) and choice in (None, chosen):
                    graph.taken.update(turn.edges)
                    self.node, self.last = turn.after, turn
                    self.steps += 1
                    return
        if step.task not in graph.threads:
            return
        state = graph.before(self.node, step.task)
        projection = graph.projection
        if projection.concerns(step.kind, step.where) and not projection.passes_over(
            state, step.task, step
        ):
            chose = "" if chosen is None else f" (it has chosen {chosen!r})"
            raise RunFailure(f"{step}{chose} is not a step of the model, in {state}")


class Guide:
    """Gives turns along the shortest way to a step that was not taken; without one, the run ends.

    Where the model leaves open what a thread does, the thread asks with `pick`. Now and then
    a random task gets a turn, and then the way is sought again: hidden state of the code may have
    put it out of reach.

    Args:
        graph: of the model.
        lock_step: that observes the same run.
        seed: of what is left to chance.
    """

    def __init__(self, graph: Graph, lock_step: LockStep, seed: int) -> None:
        self._graph: Final = graph
        self._lock_step: Final = lock_step
        self._random: Final = random.Random(seed)
        self._way: list[tuple[Node, Turn]] = []
        self._waited = self._seen = self._held = 0
        self._began: Final[set[int]] = set()

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        for each in enabled:
            # Everybody comes to a first step of the model, one after the other.
            if (
                each.index not in self._began
                and not self._graph.projection.concerns(*each.access)
                and each.access[0] != "choose"
            ):
                return each
            self._began.add(each.index)
        wanted = self._turn(scheduler).thread
        chosen = next(
            (each for each in enabled if each.name == wanted and not self.is_over(each)), None
        )
        self._held = self._held + 1 if chosen is None else 0
        if self._held > PATIENCE:
            raise Pruned
        if chosen is not None and self._random.random() >= STRAY:
            return chosen
        within = [each for each in enabled if not self.is_over(each)]
        if not within:
            raise Pruned
        return self._random.choice(within)

    def is_over(self, task: ScheduledTask) -> bool:
        """Whether a thread has come to the bounds of the model, or would leave them now."""
        graph, thread = self._graph, task.name
        chooses = task.access[0] == "choose"
        # An access that is not a step of the model never leads beyond its bounds: after it the
        # thread may choose anew.
        if thread not in graph.threads or not (chooses or graph.projection.concerns(*task.access)):
            return False
        state = graph.before(self._lock_step.node, thread)
        chosen = None if chooses else self._lock_step.chosen.get(thread)
        return graph.projection.is_over(state, thread, chosen)

    def pick[T](self, scheduler: Scheduler, options: Sequence[T], is_turn: bool = True) -> T:
        """One of several ways for the running task; the first is not a step of the model.

        Args:
            scheduler: of this run.
            options: the ways.
            is_turn: whether the others may go on before; not if the caller has just been given the
            turn for it.
        """
        if is_turn:
            scheduler.reach("choose", None)
        task = scheduler.current
        assert task is not None
        turn = self._way[0][1] if self._way else None
        if turn is not None and turn.thread == task.name:
            wanted = turn.access.choice
            picked = wanted if wanted in options else options[0]
        else:
            known = {
                each.access.choice
                for each in self._graph.turns(self._lock_step.node)
                if each.thread == task.name
            }
            within = [each for each in options if each in known]
            picked = self._random.choice(
                within if within and None not in known else [options[0], *within]
            )
        self._lock_step.chosen[task.name] = picked
        return picked

    def _turn(self, scheduler: Scheduler) -> Turn:
        """The turn that is wanted now.

        Raises:
            Pruned: nothing new can be reached in this run.
        """
        lock_step, way = self._lock_step, self._way
        node = lock_step.node
        if lock_step.steps != self._seen:
            self._seen, self._waited = lock_step.steps, 0
            if way and lock_step.last is way[0][1]:
                del way[0]
            else:
                way.clear()
        self._waited += 1
        if self._waited > PATIENCE:
            raise Pruned
        if not way:
            way[:] = self._graph.way_to_new(node)
            if not way:
                raise Pruned
        return way[0][1]
