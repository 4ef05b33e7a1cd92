"""The rings between processes that are on this machine."""

from dataclasses import dataclass
from typing import Any

from ringbuffer import shared
from ringbuffer.errors import RingBufferError
from ringbuffer.shared import SharedRingStatus


@dataclass(frozen=True, slots=True)
class MachineRing:
    """A ring on this machine.

    Attributes:
        name: of the ring.
        status: how far its processes are; None if it cannot be attached to.
        problem: why it cannot; None if it can.
    """

    name: str
    status: SharedRingStatus | None
    problem: str | None

    @property
    def lines(self) -> list[str]:
        """What people are shown."""
        status = self.status
        if status is None:
            return [f"{self.name}: {self.problem}"]
        producer = _process(status.producer, status.is_produced) if status.producer else "none"
        state = "closed" if status.is_closed else "open"
        record = ", ".join(f"{field.name} {field.type}" for field in status.layout.fields)
        lines = [
            f"{status.name}: {state}, {status.buffer_size:,} slots of {status.layout.itemsize} "
            f"bytes, cursor {status.cursor:,}, producer: {producer}, "
            f"{len(status.taken)} of {status.seats} seats taken",
            f"    record: {record}",
        ]
        for seat in status.taken:
            behind = max(0, status.cursor - seat.position)
            who = _process(seat.process, seat.is_alive)
            lines.append(f"    {seat.name}: {who}, position {seat.position:,}, {behind:,} behind")
        return lines

    @property
    def facts(self) -> dict[str, Any]:
        """The same for JSON."""
        status = self.status
        if status is None:
            return {"name": self.name, "problem": self.problem}
        return {
            **status._asdict(),
            "layout": status.layout.description,
            "taken": [seat._asdict() for seat in status.taken],
        }


def _process(number: int, is_alive: bool) -> str:
    return f"process {number}, {'alive' if is_alive else 'DEAD'}"


def machine_rings() -> list[MachineRing]:
    """The rings of this user, sorted by name. Nothing in them is changed."""
    found = []
    for name in shared.names():
        try:
            with shared.attach(name, numpy=False) as ring:
                found.append(MachineRing(name, ring.status, None))
        except (RingBufferError, OSError) as error:
            found.append(MachineRing(name, None, str(error)))
    return found
