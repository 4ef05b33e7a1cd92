"""`Sampler`: rates, from two looks at the same sequences. It does not change the ring."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from ringbuffer.checks import check_duration
from ringbuffer.diagnostics.kinds import check_distinct
from ringbuffer.diagnostics.observe import observe
from ringbuffer.diagnostics.positions import Positions
from ringbuffer.diagnostics.statistics import Statistics, statistics_of
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess

#: The most looks that are kept for a window. More frequent looks give rates, but are not kept.
KEPT: Final = 64


class Sampler(OneProcess):
    """Looks at one ring repeatedly. Any thread.

    A rate covers the time since the look that is about `window` seconds old. Before there is one so
    old, it covers the time since the first look. The statistics say how long that time was.

    Args:
        thing: whatever `observe` takes.
        window: the time that rates cover, in seconds.
        name: the name in metrics; the default is its own name.
        host: provides the clock and the lock.

    Raises:
        TypeError: `thing` cannot be observed.
        ValueError: `window` is not positive.

    Attributes:
        thing: the thing that it looks at.
    """

    def __init__(
        self,
        thing: object,
        *,
        window: float = 10.0,
        name: str | None = None,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self.thing: Final = thing
        self._observed: Final = observe(thing, name)
        self._window: Final = check_duration("window", window)
        self._clock: Final = host.monotonic
        #: Lets one look follow the other. So each is later than the one before, and no sequence in
        #: it is lower.
        self._lock: Final = host.lock()
        self._kept: Final[deque[tuple[float, Positions]]] = deque()

    @property
    def name(self) -> str:
        """The name in metrics."""
        return self._observed.name

    def sample(self) -> Statistics:
        """Return the present positions, and the rates since the window began."""
        with self._lock:
            positions, now = self._observed.read(), self._clock()
            kept = self._kept
            # Terminates because each iteration but the last forgets a look.
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if len(kept) <= 1 or kept[1][0] > now - self._window:
                    break
                kept.popleft()
            since, earlier = kept[0] if kept else (now, None)
            if not kept or now - kept[-1][0] >= self._window / KEPT:
                kept.append((now, positions))
        window = now - since
        return statistics_of(
            self.name, positions, earlier if window > 0 else None, window if window > 0 else None
        )


def statistics(thing: object, name: str | None = None) -> Statistics:
    """Look once at a ring, a disruptor, a queue or a bus. Any thread.

    The result has no rates: use a `Sampler`, which looks twice.

    Args:
        thing: whatever `observe` takes.
        name: the name in the statistics; the default is its own name.

    Raises:
        TypeError: `thing` cannot be observed.
    """
    observed = observe(thing, name)
    return statistics_of(observed.name, observed.read(), None, None)


def samplers_of(things: Iterable[object]) -> tuple[Sampler, ...]:
    """Make a sampler for each of `things` that is not one already.

    Raises:
        ValueError: two of them have the same name, or `things` is empty.
    """
    samplers = tuple(each if isinstance(each, Sampler) else Sampler(each) for each in things)
    names = [sampler.name for sampler in samplers]
    if not samplers:
        raise ValueError("name at least one ring, disruptor, queue or bus")
    check_distinct(names, "Sampler(thing, name=...)")
    return samplers
