"""How pages and pictures write a number."""

from ringbuffer.programs.bench.scenario import FIGURES
from ringbuffer.programs.bench.tables import number


def in_one_form(value: float, figure: str, digits: int = 3) -> str:
    """A value as pages have it: `1.17 M/s`, `404 k/s`, `2.25 k`, `7.93`.

    Args:
        value: the value.
        figure: its name in `FIGURES`; empty for a ratio.
        digits: how many digits are significant.
    """
    text = number(float(f"{value:.{digits}g}"))
    if not figure or not FIGURES[figure].unit.endswith("/s"):
        return text
    return f"{text}/s" if text.endswith(("k", "M")) else f"{text} /s"
