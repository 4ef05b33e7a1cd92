"""`Schedule`: what a scenario gets: memory, host, threads, and points of its own."""

from collections.abc import Callable, Iterable
from typing import Final

from ringbuffer.host import Host, Lock, Thread
from ringbuffer.memory import Memory
from ringbuffer.testing.attributes import share
from ringbuffer.testing.scheduled_host import ScheduledHost, ScheduledLock, ScheduledThread
from ringbuffer.testing.scheduled_memory import ScheduledMemory
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.this_thread import scheduler_of_this_thread


class NamingHost(ScheduledHost):
    """A host whose threads have names of their own, also if handlers have the same name."""

    def start_thread(self, target: Callable[[], None], name: str) -> ScheduledThread:
        """See `Host`."""
        return super().start_thread(target, _unused(name, (t.name for t in self._scheduler.tasks)))


class Schedule:
    """One run of a scenario. The scenario, and threads that it has started, may use it.

    Attributes:
        memory: for `memory=` of a `Disruptor`, a queue or a bus.
        host: for `host=` of these, and of their wait strategies. Its clock moves only when no
            thread can continue: then the earliest wait with a limit ends.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler: Final = scheduler
        self.memory: Final[Memory] = ScheduledMemory(scheduler)
        self.host: Final[Host] = NamingHost(scheduler)

    def thread(
        self, target: Callable[..., object], *arguments: object, name: str | None = None
    ) -> Thread:
        """Start a thread of the scenario, such as a second producer. An error in it fails the run.

        Args:
            target: what it runs.
            arguments: are passed to `target`.
            name: its name in accounts; the default is the function's name.

        Returns:
            The thread; `join()` waits for its end.
        """
        self._check_open()
        called = str(getattr(target, "__name__", "thread")) if name is None else name

        def run() -> None:
            target(*arguments)

        return self.host.start_thread(run, called)

    def lock(self, name: str = "lock") -> Lock:
        """A lock for your handlers, in place of `threading.Lock`: `with lock:`.

        Use it for every lock that a thread holds when it comes to a step. The schedule does not
        control a lock of `threading`, so the run would stand still there.

        Args:
            name: its name in accounts.
        """
        self._check_open()
        lock = ScheduledLock(self._scheduler, self._unused_place(name))
        lock.is_own = True
        return lock

    def share(self, thing: object, *attributes: str) -> None:
        """Make each load and each store of these attributes of one object a step.

        Before each of them, another thread may get the turn. `thing.total += 1` is a load and a
        store. So an update that is lost between them is found.

        Only the attribute itself is watched. If it holds a list, an append is not a step.

        Args:
            thing: an object of a class written in Python. It gets a class of its own, derived from
                its class.
            attributes: names of attributes that it has.

        Raises:
            AttributeError: it has no such attribute.
            TypeError: the class of `thing` does not allow it, or no attribute is named.
        """
        self._check_open()
        kind = type(thing).__name__
        if not attributes:
            raise TypeError(f"name the attributes of the {kind} that threads share")
        for attribute in attributes:
            if not hasattr(thing, attribute):
                raise AttributeError(f"the {kind} has no attribute {attribute!r} to share")
            name = self._unused_place(f"{kind}.{attribute}")
            try:
                share(self._scheduler, thing, attribute, name).is_own = True
            except TypeError as error:
                raise TypeError(
                    f"{kind}.{attribute} cannot be shared: the class must be written in Python, "
                    f"and must allow derived classes"
                ) from error

    def _unused_place(self, name: str) -> str:
        return _unused(name, (place.name for place in self._scheduler.locations))

    def _check_open(self) -> None:
        if scheduler_of_this_thread() is not self._scheduler:
            raise RuntimeError(
                "this schedule is used outside of its run: use it in the scenario that gets it, or "
                "in threads that the scenario has started"
            )


def _unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken."""
    names, number, found = set(taken), 2, name
    while found in names:
        found, number = f"{name} {number}", number + 1
    return found


def step(what: str = "step") -> None:
    """Let another thread get the turn here, in a schedule; elsewhere it does nothing. Any thread.

    Put it between two accesses to something that the schedule does not see, such as a dictionary,
    a file or a database. Two states after different orders of such steps are never taken for the
    same.

    A loop that waits must not wait by `step`, because each step counts as a change. Wait for a
    shared attribute, or on an event of `Schedule.host`.

    Args:
        what: what the thread is about to do, for the account.
    """
    scheduler = scheduler_of_this_thread()
    if scheduler is not None:
        scheduler.step(what)
