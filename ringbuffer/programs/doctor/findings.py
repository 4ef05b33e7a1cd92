"""What the facts mean: fine, worth knowing, or something that hurts, and then what to do."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from ringbuffer.programs.doctor.facts import Facts


class Verdict(enum.Enum):
    """How a fact is for the library."""

    FINE = "ok"
    NOTE = "note"
    HURTS = "HURTS"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        topic: what it is about.
        verdict: how it is.
        says: what is so.
        advice: what to do about it; empty if nothing.
    """

    topic: str
    verdict: Verdict
    says: str
    advice: str = ""


def judge(facts: Facts) -> list[Finding]:
    """A finding for each topic, in the order of the report."""
    return [
        *_interpreter(facts),
        *_memory(facts),
        *_processors(facts),
        *_time(facts),
        *(
            Finding(
                "extra",
                Verdict.NOTE,
                f"{name} {version or 'is not installed: only its exporter needs it'}",
            )
            for name, version in facts.extras.items()
        ),
    ]


def _interpreter(facts: Facts) -> Iterator[Finding]:
    what = f"{facts.implementation} {facts.version}, {facts.executable}"
    if facts.free_threaded:
        yield Finding("interpreter", Verdict.FINE, f"{what}, free-threaded")
    else:
        advice = (
            "threads take turns here, so the ring is correct and slow: "
            "use a free-threaded build, such as python3.13t"
        )
        yield Finding("interpreter", Verdict.HURTS, f"{what}, a regular build", advice)
        return
    if facts.gil_is_on:
        why = "; ".join(facts.gil_reasons)
        yield Finding(
            "GIL",
            Verdict.HURTS,
            f"on: {why}",
            "remove the reason, so that threads run at the same time",
        )
    elif facts.gil_reasons:
        why = "; ".join(facts.gil_reasons)
        yield Finding(
            "GIL",
            Verdict.HURTS,
            f"off, but {why}",
            "do without that module, or look for a newer version of it",
        )
    elif facts.gil_is_forced_off:
        says = (
            "forced off, by -X gil=0 or PYTHON_GIL=0: "
            "an extension module that needs it is not noticed, and may crash"
        )
        yield Finding("GIL", Verdict.NOTE, says, "leave the choice to the interpreter")
    else:
        yield Finding("GIL", Verdict.FINE, "off")


def _memory(facts: Facts) -> Iterator[Finding]:
    others = [name for name in facts.atomics_installed if name != facts.atomics]
    also = f"; also installed: {', '.join(others)}" if others else ""
    yield Finding("atomics", Verdict.FINE, f"{facts.atomics_source}, lock-free{also}")
    says = f"{facts.machine}: {facts.ordering}"
    if facts.words_in_one_step:
        yield Finding("memory ordering", Verdict.FINE, says)
    else:
        advice = (
            "set RINGBUFFER_ATOMICS=native"
            if "native" in others
            else "pip install ringbuffer-ft-native and set RINGBUFFER_ATOMICS=native"
        )
        yield Finding("memory ordering", Verdict.NOTE, says, f"for faster ones: {advice}")


def _processors(facts: Facts) -> Iterator[Finding]:
    usable = facts.usable_cpus if facts.quota is None else min(facts.usable_cpus, facts.quota)
    says = f"{facts.usable_cpus} of {facts.cpus} for this process"
    if facts.quota is not None:
        says += f", {facts.quota:g} processors' time by its control group"
    if usable < 2:
        yield Finding(
            "cores",
            Verdict.HURTS,
            says,
            "a producer and a consumer need a core each: allow this process 2 or more",
        )
    else:
        yield Finding("cores", Verdict.FINE, says)


def _time(facts: Facts) -> Iterator[Finding]:
    slack = f"a sleep of 50 µs takes {facts.timer_slack * 1e6:.0f} µs longer"
    if facts.timer_slack > 1e-3:
        advice = (
            "sleeping consumers, and producers that wait for free capacity, wake late: "
            "use YieldingWaitStrategy"
        )
        yield Finding("timer slack", Verdict.HURTS, slack, advice)
    else:
        yield Finding("timer slack", Verdict.FINE, slack)
    cost = f"{facts.yield_cost * 1e9:.0f} ns"
    if facts.has_sched_yield:
        yield Finding("yield", Verdict.FINE, f"sched_yield, {cost}")
    else:
        advice = "yielding wait strategies are slow here: use BlockingWaitStrategy"
        yield Finding(
            "yield", Verdict.HURTS, f"the system has no sched_yield; sleep(0) takes {cost}", advice
        )
