"""A browser without a window, driven by the DevTools protocol over two pipes.

The pipes need no library: a message is JSON with a zero byte after it.
https://chromedevtools.github.io/devtools-protocol/ describes the commands.
"""

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

#: Names under which distributions install the browser.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: Seconds for one command of the protocol. A busy machine must not reach it.
PATIENCE: Final = 60.0

#: The browser reads commands from the first of its descriptors, and writes answers to the second.
_COMMANDS, _ANSWERS = 3, 4


class BrowserError(Exception):
    """The browser refused a command, did not answer in time, or ended."""


def find() -> str | None:
    """The path of a browser that this module can drive; None if the system has none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def arguments(program: str, profile: Path) -> list[str]:
    """The command line of a browser that shows pages as every machine would."""
    return [
        program,
        "--headless",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-gpu",
        "--disable-lcd-text",
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        # The sandbox refuses to run as root, as in a container.
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "about:blank",
    ]


class Browser:
    """A running browser with one page. Use it in a `with` block, from one thread.

    Args:
        program: the path of the browser.
        profile: an empty folder for its files.
    """

    def __init__(self, program: str, profile: Path) -> None:
        self._events: Final[list[dict[str, Any]]] = []
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        commands, self._to = _high(os.pipe())
        self._from, answers = _high(os.pipe())
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        pipes = [
            (os.POSIX_SPAWN_DUP2, commands, _COMMANDS),
            (os.POSIX_SPAWN_DUP2, answers, _ANSWERS),
        ]
        self._process: Final = os.posix_spawn(
            program,
            arguments(program, profile),
            os.environ,
            file_actions=[*null, *pipes],
            setpgroup=0,  # the browser and its own processes end together
        )
        os.close(commands)
        os.close(answers)
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the browser and its processes."""
        self.close()

    def close(self) -> None:
        """End the browser and its processes, once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._to)
        os.close(self._from)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Raises:
            BrowserError: the browser refuses, ends, or does not answer within `PATIENCE`.
        """
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        with contextlib.suppress(BrokenPipeError):  # reading below reports that it has ended
            _write(self._to, json.dumps(message).encode() + b"\0")
        # Terminates because `_read` raises at the deadline.
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._read(deadline, method)
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._events.append(answer)

    def wait_for(self, event: str) -> None:
        """Wait for an event of this name, in what has arrived since `forget_events` or arrives.

        Raises:
            BrowserError: it does not arrive within `PATIENCE`.
        """
        deadline = time.monotonic() + PATIENCE
        # Terminates because `_read` raises at the deadline.
        while not any(each.get("method") == event for each in self._events):
            self._events.append(self._read(deadline, event))

    def forget_events(self) -> None:
        """Drop the events that have arrived."""
        self._events.clear()

    def complaints(self) -> Iterator[str]:
        """What scripts threw, and errors on the console, in the events that have arrived."""
        for event in self._events:
            given = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                details = given["exceptionDetails"]
                yield str(details.get("exception", {}).get("description") or details["text"])
            elif event.get("method") == "Log.entryAdded" and given["entry"]["level"] == "error":
                yield f"{given['entry']['text']} {given['entry'].get('url', '')}".strip()
            elif event.get("method") == "Runtime.consoleAPICalled" and given["type"] == "error":
                yield " ".join(str(each.get("value", "")) for each in given["args"])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of the promise that it returns.

        Raises:
            BrowserError: the expression throws.
        """
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def _attach(self) -> None:
        """Direct all later commands to the first page."""
        (target,) = (
            each["targetId"]
            for each in self.call("Target.getTargets")["targetInfos"]
            if each["type"] == "page"
        )
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _read(self, deadline: float, awaited: str) -> dict[str, Any]:
        # Terminates because each iteration reads bytes, and the deadline passes.
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                raise BrowserError(f"no answer to {awaited} within {PATIENCE:g} s")
            got = os.read(self._from, 1 << 20)
            if not got:
                raise BrowserError(f"the browser ended before it answered {awaited}")
            self._buffer += got
        message, _, self._buffer = self._buffer.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read


def _high(pipe: tuple[int, int]) -> tuple[int, int]:
    """The same pipe at descriptors that neither 3 nor 4 can be."""
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in pipe)
    for end in pipe:
        os.close(end)
    return moved[0], moved[1]


def _write(descriptor: int, data: bytes) -> None:
    while data:  # terminates because each write takes at least one byte
        data = data[os.write(descriptor, data) :]
