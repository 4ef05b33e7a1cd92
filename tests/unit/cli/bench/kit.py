"""Results that were not measured."""

from ringbuffer.programs.bench.machine import describe
from ringbuffer.programs.bench.results import ContenderResult, Results, ScenarioResult
from ringbuffer.programs.bench.scenario import Measurement, Role


def measured(ours: list[float], peer: list[float] | None = None) -> Results:
    curve = ((50.0, 1.5), (99.0, 2.5))
    contenders = [
        ContenderResult(
            "ringbuffer",
            Role.OURS,
            count=9,
            runs=[Measurement({"rate": value}, curve) for value in ours],
        ),
        ContenderResult(
            "queue",
            Role.PEER,
            "line",
            2.0,
            9,
            [Measurement({"rate": value}) for value in peer or [1.0]],
        ),
        ContenderResult("broken", Role.PEER, failure="LostEventsError: one"),
    ]
    scenario = ScenarioResult(
        "unicast", "A title.\n\n    P --> C\n", "rate", contenders, {"janus": "no"}, {"": "no perf"}
    )
    return Results(describe(), {"runs": len(ours), "seconds": 0.1}, [scenario])
