"""Deadlines: a call that waits several times has one for all of its waits."""

from ringbuffer.host import Host


def deadline_after(host: Host, timeout: float | None) -> float | None:
    """The time on the host's clock at which `timeout` seconds are over; None without a limit."""
    return None if timeout is None else host.monotonic() + timeout


def remaining(host: Host, deadline: float | None) -> float | None:
    """The seconds left until `deadline`, negative after it; None without a limit."""
    return None if deadline is None else deadline - host.monotonic()
