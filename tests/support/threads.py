"""Threads for tests: started together, joined with a limit; the test gets their exceptions."""

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

#: Longer than anything here takes, shorter than pytest's timeout.
PATIENCE = 60.0


class Background:
    """A call in another thread; leaving the block joins it and raises what it raised."""

    def __init__(self, call: Callable[[], object], name: str | None = None) -> None:
        self._call = call
        self.result: object = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.error = error

    def start(self) -> Self:
        self._thread.start()
        return self

    def join(self) -> object:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"{self._call} did not end within {PATIENCE} s"
        if self.error is not None:
            raise self.error
        return self.result

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.join()


def together(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads that start at the same moment; their results, in order."""
    gate = threading.Barrier(len(calls))

    def behind_gate(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            gate.wait(PATIENCE)
            return call()

        return run

    threads = [Background(behind_gate(call)).start() for call in calls]
    return [thread.join() for thread in threads]


def none_are_left(before: Iterable[threading.Thread]) -> bool:
    """Whether every thread that was started after `before` was listed has ended.

    A thread that has said that it ends may still be listed for a moment. It is joined.
    """
    left = set(threading.enumerate()) - set(before)
    for thread in left:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in left)
