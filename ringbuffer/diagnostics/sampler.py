"""`Sampler`: rates, from two looks at the same sequences. The ring knows nothing of it."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from ringbuffer.diagnostics.observe import observe
from ringbuffer.diagnostics.positions import Positions
from ringbuffer.diagnostics.statistics import Statistics, statistics_of
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.wait.strategy import check_seconds

#: Looks that are kept for one window: more frequent ones give rates, but are not kept.
KEPT: Final = 64


class Sampler:
    """Looks at one ring again and again. Any thread.

    A rate is of the time since the look that is about `window` seconds old; since the first one, before there is one so old.
    The statistics say how long that really was.

    Args:
        thing: whatever `observe` takes.
        window: how long the time is that rates are of, in seconds.
        name: what the metrics call it; the default is its own name.
        host: whose clock and lock.

    Raises:
        TypeError: `thing` cannot be observed.
        ValueError: `window` is not positive.
    """

    def __init__(self, thing: object, *, window: float = 10.0, name: str | None = None, host: Host = SYSTEM_HOST) -> None:
        self._observed: Final = observe(thing, name)
        self._window: Final = check_seconds("window", window)
        self._clock: Final = host.monotonic
        #: One look after the other: so each is later than the one before, and no sequence in it lower.
        self._lock: Final = host.lock()
        self._kept: Final[deque[tuple[float, Positions]]] = deque()

    @property
    def name(self) -> str:
        """What the metrics call it."""
        return self._observed.name

    def sample(self) -> Statistics:
        """Where everything stands now, and how fast it went since the window began."""
        with self._lock:
            positions, now = self._observed.read(), self._clock()
            kept = self._kept
            # Each turn forgets a look, unless the next one is younger than the window.
            while len(kept) > 1 and kept[1][0] <= now - self._window:
                kept.popleft()
            since, earlier = kept[0] if kept else (now, None)
            if not kept or now - kept[-1][0] >= self._window / KEPT:
                kept.append((now, positions))
        window = now - since
        return statistics_of(self.name, positions, earlier if window > 0 else None, window if window > 0 else None)


def statistics(thing: object, name: str | None = None) -> Statistics:
    """One look at a ring, a disruptor, a queue or a bus; without rates, for which a `Sampler` looks twice. Any thread.

    Args:
        thing: whatever `observe` takes.
        name: what the statistics call it; the default is its own name.

    Raises:
        TypeError: `thing` cannot be observed.
    """
    observed = observe(thing, name)
    return statistics_of(observed.name, observed.read(), None, None)


def samplers_of(things: Iterable[object]) -> tuple[Sampler, ...]:
    """A sampler for each; `ValueError` if two have the same name, or there is none."""
    samplers = tuple(each if isinstance(each, Sampler) else Sampler(each) for each in things)
    names = [sampler.name for sampler in samplers]
    if not samplers:
        raise ValueError("name at least one ring, disruptor, queue or bus")
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"several are called {', '.join(sorted(twice))}: pass Sampler(thing, name=...) to tell them apart")
    return samplers
