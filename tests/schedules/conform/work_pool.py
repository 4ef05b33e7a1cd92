"""WorkPool: the workers of a pool. Steps of the model are accesses; handlers add more.

The model's producer publishes at once where there is room; so does the one here, which is no
production code. How many events a worker claims is left open by the model, and picked here in place
of the pool's policy. A worker that dies is run again in the same thread; the ring that its death
has closed is of no matter to that producer. A worker is halted by its own thread, at the moment
when it looks for an alert: what comes of halts at any moment is explored in the scenarios.
"""

import functools
import itertools
from dataclasses import dataclass
from typing import Any

from ringbuffer import ProducerType, WorkerPool
from ringbuffer.processors.work.share import IDLE, WorkShare
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.task import Location
from spec.mirrors.mirror import State
from spec.mirrors.work_pool import PUBLISHER, WorkPool
from tests.schedules.conform.graph import Access
from tests.schedules.conform.picked_alert import GOES_ON, PickedAlert
from tests.schedules.conform.run import Pick
from tests.schedules.conform.single_producer import OUT_OF_TURN, out_of_turn
from tests.schedules.world import World

HANDLES, DIES, HALTS, RESTARTS = "handles", "dies", "halts", "restarts"


class Died(Exception):
    """What a handler raises that is to die."""


@dataclass(frozen=True)
class OfWorkPool:
    """spec/modules/WorkPool.tla."""

    mirror: WorkPool

    @property
    def beginnings(self) -> list[tuple[str, ...]]:
        """Orders in which workers are looked at."""
        return list(itertools.permutations(sorted(self.mirror.workers)))

    def busy(self, value: int) -> int:
        return IDLE if value == self.mirror.idle else value

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        if label == "Publish":
            return Access("store", "cursor", changes["cursor"])
        mine = state["local"][thread]
        match label:
            case "LoadWork":
                return Access("load", "work", state["work"])
            case "LoadCursor":
                return Access("load", "cursor", state["cursor"])
            case "GoOn":
                return Access("load", f"alert {thread}", 0, GOES_ON)
            case "Halt":
                return Access("load", f"alert {thread}", 1, HALTS)
            case "Announce":
                chunk = changes["local"][thread]["claimed"] - mine["current"]
                return Access("store", f"busy {thread}", mine["current"], chunk)
            case "Rest":
                return Access("store", f"busy {thread}", IDLE)
            case "Claim":
                return Access(
                    "compare_and_set", "work", (mine["current"], mine["claimed"], "work" in changes)
                )
            case "Handle":
                return Access(HANDLES, f"handler {mine['current'] + 1}", None, HANDLES)
            case "Die" if state["busy"][thread] < mine["current"]:
                return Access("store", f"busy {thread}", mine["current"], DIES)
            case "Die":
                return Access(DIES, f"handler {mine['current'] + 1}", None, DIES)
            case "Restart":
                return Access(RESTARTS, "")
            case "Finish":
                return None
            case "LoadClaimed":
                return Access("fetch_add", "work", (state["work"], state["work"]))
            case "LookAt":
                (read,) = mine["toRead"] - changes["local"][thread]["toRead"]
                return Access("load", f"busy {read}", self.busy(state["busy"][read]))
            case "LoadDone":
                return Access("load", "done", state["done"])
            case "Raise":
                return Access(
                    "compare_and_set", "done", (mine["before"], mine["lowest"], "done" in changes)
                )
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return (
            where in ("cursor", "work", "done")
            or where.split(" ")[0] in ("busy", "handler", "alert")
            or kind == RESTARTS
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A load of `busy`; a look that finds nothing; a death with visible events; a run's end."""
        match step.kind, step.where:
            case "load", where if where == f"busy {thread}":
                return True
            case "load", where if where == f"alert {thread}":
                return bool(step.value == 0 and state["pc"][thread] == "wait")
            case "load", "cursor":
                return bool(
                    state["pc"][thread] == "wait"
                    and step.value <= state["local"][thread]["current"]
                )
            case "exchange", where if where == f"alert {thread}":
                return True
            case "dies", _:
                return bool(state["pc"][thread] == "handle")
        return False

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        if thread == PUBLISHER:
            return bool(state["cursor"] + 1 == self.mirror.events)
        return bool(state["pc"][thread] == "halted")

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        if label == "LookAt":
            before, after = state["local"][thread]["toRead"], changes["local"][thread]["toRead"]
            return OUT_OF_TURN if out_of_turn(before, after, hidden) else hidden
        return hidden


def work_pool(world: World, projection: Any, order: tuple[str, ...], pick: Pick) -> None:
    """Workers that work forever, or are halted, or die and are run again."""
    mirror: WorkPool = projection.mirror
    scheduler = world.scheduler
    ring = world.ring(mirror.size, ProducerType.SINGLE)

    class AnyChunk(WorkShare[Any]):
        """The pool's policy replaced by any choice that the model allows."""

        def chunk(self, available: int) -> int:
            return pick([n for n in sorted(mirror.chunks) if n <= available])

    def note(kind: str, where: str) -> None:
        location = Location(where, None)
        scheduler.reach(kind, location, writes=True)
        scheduler.did(kind, location, None, wrote=True)

    def handle(event: object, sequence: int, end_of_batch: bool) -> None:
        options = (HANDLES, DIES) if deaths.count("") < mirror.deaths else (HANDLES,)
        does = pick(options)
        if does == DIES:
            deaths.append("")
        note(does, f"handler {sequence}")
        if does == DIES:
            raise Died

    deaths: list[str] = []
    pool: WorkerPool[Any] = WorkerPool(ring, max_chunk=max(mirror.chunks), name="pool")
    share = AnyChunk(ring, (), max(mirror.chunks))
    share.gate(ring.new_barrier(), pool.name)
    hidden: Any = pool
    hidden._share = share
    world.name(share.work, "work")
    world.name(share.done, "done")
    for name in order:
        worker = pool.add(handle, name=name)
        world.name(worker.sequence, f"busy {name}")
        barrier: Any = worker.barrier
        barrier._alerted = PickedAlert(world, barrier._alerted.location, pick, HALTS, worker.halt)
        world.name_cell(barrier._alerted, f"alert {name}")

    def run(worker: Any) -> None:
        while True:
            try:
                worker.run()
            except Died:
                note(RESTARTS, "")
            else:
                return

    for worker in sorted(pool.workers, key=lambda each: each.name):
        world.task(worker.name, functools.partial(run, worker))
    published: Location = hidden.ring.sequencer._cursor._cell.location
    done: Any = share.done

    def has_room() -> bool:
        return bool(published.value < world.value_of(done) + mirror.size)

    def publish() -> None:
        while True:
            scheduler.reach("store", published, writes=True, ready=has_room)
            published.value += 1
            scheduler.release(published)
            scheduler.did("store", published, published.value, wrote=True)

    world.task(PUBLISHER, publish)
