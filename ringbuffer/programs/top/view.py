"""Formats an endpoint's statistics for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

#: Width of the bar that shows how full a ring is.
BAR: Final = 30


def view(told: dict[str, Any]) -> str:
    """A block for each ring: its occupancy, its rates, and its consumers, the slowest marked."""
    blocks = ["\n".join(_ring(ring)) for ring in told["rings"]]
    return "\n\n".join([f"process {told['pid']}", *blocks])


def _ring(ring: dict[str, Any]) -> Iterator[str]:
    used = ring["utilization"]
    bar = "#" * round(used * BAR)
    yield f"{_plain(ring['name'])}   [{bar:.<{BAR}}] {used:6.1%} of {ring['capacity']:,} slots"
    window = "" if ring["window"] is None else f" over {ring['window']:.1f} s"
    yield (
        f"  published {ring['published']:,}   {_rate(ring['publish_rate'])} in, "
        f"{_rate(ring['consume_rate'])} out{window}"
    )
    if ring["counters"]:
        counters = (
            f"{name.replace('_', ' ')} {_number(value)}" for name, value in ring["counters"].items()
        )
        yield f"  {', '.join(counters)}"
    consumers = ring["consumers"]
    if not consumers:
        return
    width = max(len("consumer"), *(len(_plain(each["name"])) for each in consumers))
    most = max(each["lag"] for each in consumers)
    head = f"    {'consumer':{width}} {'state':>10} {'sequence':>15} {'lag':>10} "
    yield head + f"{'events':>10} {'mean batch':>10} {'errors':>6} {'99 % of calls take':>20}"
    for each in consumers:
        mark = ">" if most and each["lag"] == most else " "
        counters = each["counters"]
        batch = _optional(each["distributions"].get("batch_sizes", {}).get("mean"), ",.1f")
        errors = _optional(counters.get("errors"), ",.0f")
        yield (
            f"  {mark} {_plain(each['name']):{width}} {each['state'] or '-':>10} "
            f"{each['sequence']:>15,} {each['lag']:>10,} "
            f"{_rate(each['rate']):>10} {batch:>10} {errors:>6} {_duration(each):>20}"
        )


def _rate(rate: float | None) -> str:
    if rate is None:
        return "-"
    for limit, divisor, unit in ((1e3, 1, ""), (1e6, 1e3, "k"), (float("inf"), 1e6, "M")):
        if rate < limit:
            return f"{rate / divisor:.1f} {unit}/s" if unit else f"{rate:.1f}/s"
    return "-"


def _number(value: float) -> str:
    return (
        f"{value:,.3f}" if isinstance(value, float) and value != int(value) else f"{int(value):,}"
    )


def _duration(consumer: dict[str, Any]) -> str:
    """What 99 % of the handler's calls take at most: a limit of the histogram, not a percentile.

    A call is for an event, or for a batch if the handler takes whole batches.
    """
    durations, counters = consumer["distributions"].get("durations", {}), consumer["counters"]
    limit, count = durations.get("p99"), durations.get("count")
    if limit is None:
        return "-"
    events, batches = counters.get("events"), counters.get("batches")
    is_of_batches = events != batches and count == batches
    return f"<= {limit * 1e6:,.0f} µs a{' batch' if is_of_batches else 'n event'}"


def _optional(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _plain(name: str) -> str:
    """A name without characters that would move the cursor, or change the terminal."""
    return "".join(character if character.isprintable() else "?" for character in name)
