"""`Server`: serves one HTTP client at a time; a client cannot hold it up.

Each client has a deadline for its whole request, and another for its whole answer. Until then it
may send, or read, as slowly as it likes. `close` does not wait for a client. It shuts down the
client's socket, which wakes the thread that waits at that socket.

What ends each wait. Without a client, the thread sleeps in `select`. The kernel wakes it when a
client comes, or when `close` writes to a socket that `select` watches too. With a client, it sleeps
until that client sends or reads, its deadline passes, or `close` shuts down its socket.
"""

import contextlib
import io
import logging
import select
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple

from ringbuffer.host import Host
from ringbuffer.one_process import OneProcess

logger: Final = logging.getLogger("ringbuffer.diagnostics")

#: The addresses that it may listen on.
LOOPBACK: Final = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
#: How a request may name the host.
NAMES: Final = ("127.0.0.1", "[::1]", "localhost")
#: How long a client may take to send its request, and again to take its answer, in seconds. The
#: next client waits meanwhile.
PATIENCE: Final = 2.0
#: How long the server waits before it accepts clients again, in seconds, after no file descriptor
#: was free for one.
SHORTAGE: Final = 0.1
#: How many clients may wait for the server.
BACKLOG: Final = 5


class Answer(NamedTuple):
    """The answer of a page.

    Attributes:
        status: the status code.
        kind: the media type.
        text: the body.
    """

    status: HTTPStatus
    kind: str
    text: str


#: `page(accept)` makes the answer; `accept` is the header in which a client lists media types.
type Page = Callable[[str], Answer]


class Server(OneProcess):
    """Answers requests for pages, in the thread that calls `serve`, until `close`.

    Args:
        address: one of `LOOPBACK`.
        port: the port to listen on; 0 takes a free one.
        pages: the pages, by path.
        host: provides the clock and the lock.

    Raises:
        OSError: the port is taken, or no file descriptor is free. Nothing is left open.
    """

    def __init__(self, address: str, port: int, pages: Mapping[str, Page], host: Host) -> None:
        self.pages: Final = pages
        self.clock: Final = host.monotonic
        self._lock: Final = host.lock()
        self._is_closing = False
        self._client: socket.socket | None = None
        with contextlib.ExitStack() as opened:
            self._listener: Final = opened.enter_context(
                socket.socket(LOOPBACK[address], socket.SOCK_STREAM)
            )
            # This takes a port that was closed a moment ago, but not one that is in use.
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((address, port))
            self._listener.listen(BACKLOG)
            self._listener.setblocking(False)
            self._woken, self._waker = socket.socketpair()
            opened.pop_all()
        self.port: Final = int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Serve one client after the other until `close` is called; then free the port.

        If it raises an error, which it should not, its caller may call it again.

        Terminates because `close` sets `_is_closing` and then wakes the `select`.
        """
        while not self._is_closing:
            ready, _, _ = select.select([self._listener, self._woken], [], [])
            if self._listener in ready and not self._is_closing:
                self._serve_next()
        self.free()

    def close(self) -> None:
        """End `serve` now, whatever its client does; return at once. Any thread.

        A second call does nothing.
        """
        with self._lock:
            if self._is_closing:
                return
            self._is_closing = True
            if self._client is not None:
                with contextlib.suppress(OSError):  # the client has disconnected
                    self._client.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # `serve` has ended already
            self._waker.send(b"!")

    def free(self) -> None:
        """Close every socket: at the end of `serve`, or if no thread will call `serve`."""
        self._listener.close()
        self._woken.close()
        self._waker.close()

    def _serve_next(self) -> None:
        try:
            client, address = self._listener.accept()
        except BlockingIOError:
            return  # the client has disconnected
        except OSError:
            # No file descriptor is free. The client still waits, so `select` would return at once.
            select.select([self._woken], [], [], SHORTAGE)
            return
        with client:
            with self._lock:
                if self._is_closing:
                    return
                self._client = client
            try:
                # A client that disconnects, or takes too long, needs no line in the log.
                with contextlib.suppress(OSError):
                    _Request(client, address, self)  # type: ignore[arg-type]
            except Exception:
                logger.exception("the endpoint could not answer a request, and continues")
            finally:
                with self._lock:
                    self._client = None


class Limited(io.RawIOBase):
    """A connection to a client, with one deadline for all reads or all writes. One thread.

    Args:
        client: the connection.
        clock: returns the time in seconds.
    """

    def __init__(self, client: socket.socket, clock: Callable[[], float]) -> None:
        self._client: Final = client
        self._clock: Final = clock
        self._deadline = clock() + PATIENCE

    def begin_anew(self) -> None:
        """Begin a new deadline."""
        self._deadline = self._clock() + PATIENCE

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what is available; wait at most until the deadline, then raise `TimeoutError`."""
        self._client.settimeout(self._remaining())
        return self._client.recv_into(buffer)

    def write(self, data: Any, /) -> int:
        """Write everything; wait at most until the deadline, then raise `TimeoutError`."""
        view = memoryview(data).cast("B")
        written = 0
        # Terminates because each iteration writes at least one byte, or raises.
        while written < len(view):
            self._client.settimeout(self._remaining())
            written += self._client.send(view[written:])
        return written

    def _remaining(self) -> float:
        remaining = self._deadline - self._clock()
        if remaining <= 0:
            raise TimeoutError("the client took too long")
        return remaining


class _Request(BaseHTTPRequestHandler):
    """Answers one request of a connection, and closes it."""

    server: Server  # type: ignore[assignment]
    server_version = "ringbuffer"
    sys_version = ""

    def setup(self) -> None:
        """Read and write with deadlines."""
        self.connection = self.request
        self._limited = Limited(self.request, self.server.clock)
        self.rfile = io.BufferedReader(self._limited)
        self.wfile = self._limited  # type: ignore[assignment]

    def finish(self) -> None:
        """Flush nothing, because nothing is buffered."""

    def do_GET(self) -> None:
        """Answer the request."""
        page = self.server.pages.get(self.path)
        if self._host_name() not in NAMES:
            answer = Answer(
                HTTPStatus.FORBIDDEN, "text/plain", "this endpoint is for this machine only\n"
            )
        elif page is None:
            answer = Answer(
                HTTPStatus.NOT_FOUND, "text/plain", f"there are {', '.join(self.server.pages)}\n"
            )
        else:
            answer = self._made_by(page)
        self._limited.begin_anew()
        self._answer(answer)

    do_HEAD = do_GET

    def _made_by(self, page: Page) -> Answer:
        try:
            return page(self.headers.get("Accept", ""))
        except Exception:
            logger.exception("the endpoint could not make %s", self.path)
            text = f"{self.path} could not be made; the log of the program says why\n"
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", text)

    def _host_name(self) -> str:
        """Return the client's name for this machine; an empty string if it sends none."""
        name, _, port = self.headers.get("Host", "").rpartition(":")
        return name if port == str(self.server.port) else f"{name}:{port}".lstrip(":")

    def _answer(self, answer: Answer) -> None:
        body = answer.text.encode()
        self.send_response(answer.status)
        self.send_header(
            "Content-Type",
            answer.kind if "charset" in answer.kind else f"{answer.kind}; charset=utf-8",
        )
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Do nothing, because requests are not logged."""
