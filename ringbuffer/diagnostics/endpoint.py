"""`Endpoint`: a running program's statistics over HTTP, for this machine alone; `ringbuffer top` shows them.

with Endpoint(disruptor, port=9876):
    ...

It only reads, and listens on a loopback address only: whoever is on this machine may look, nobody else. A web page that the
user of this machine looks at is somebody else: requests that name another host, as they do after its name was bound to
127.0.0.1, are refused, and no answer allows another origin to read it.

| path | answer |
|---|---|
| `/statistics` | JSON: `{"pid": …, "rings": […]}`, each ring as `Statistics.as_dict` |
| `/metrics` | the same for Prometheus, if `prometheus_client` is installed |
"""

import contextlib
import json
import os
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Final, Self

from ringbuffer.diagnostics.sampler import Sampler, samplers_of
from ringbuffer.host import SYSTEM_HOST, Host, Thread

#: The addresses that it may listen on.
LOOPBACK: Final = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
#: How a request may name the host.
NAMES: Final = ("127.0.0.1", "[::1]", "localhost")
#: How long a client may take to send its request, in seconds: the next one waits meanwhile.
PATIENCE: Final = 2.0


class Endpoint:
    """Serves statistics from a thread of its own, from when it is made until `close`. Any thread may close it.

    Args:
        things: whatever `observe` takes, or `Sampler`s; names must differ.
        port: to listen on; 0 takes one that is free, see `port`.
        address: 127.0.0.1 or ::1.
        window: how long the time is that rates are of, in seconds.
        host: what provides the thread and the clock.

    Raises:
        ValueError: `address` is not one of those two, two of `things` have the same name, or the port is none.
        TypeError: one of `things` cannot be observed.
        OSError: the port is taken.
    """

    def __init__(
        self,
        *things: object,
        port: int = 0,
        address: str = "127.0.0.1",
        window: float = 5.0,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if address not in LOOPBACK:
            raise ValueError(
                f"the endpoint listens on 127.0.0.1 or ::1 only, not on {address!r}: it has no login. To look from another "
                f"machine, forward the port, as with ssh -L"
            )
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 1 << 16:
            raise ValueError(f"port must be from 0 to 65535, not {port!r}")
        samplers = samplers_of(
            each if isinstance(each, Sampler) else Sampler(each, window=window, host=host) for each in things
        )
        for sampler in samplers:
            sampler.sample()  # from here on there are rates
        self._server: Final = _Server(address, port, samplers)
        self._address: Final = address
        try:
            self._thread: Final[Thread] = host.start_thread(self._server.serve_forever, "ringbuffer endpoint")
        except BaseException:
            self._server.server_close()
            raise

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{'[::1]' if self._address == '::1' else self._address}:{self.port}"

    def close(self) -> None:
        """Take no more requests, end the thread and free the port. Called again, it does nothing."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Endpoint({self.url})"


class _Server(HTTPServer):
    """One request at a time: the thread that serves is the only one."""

    #: A port that was closed a moment ago may be taken again; one that is in use may not.
    allow_reuse_address = True

    def __init__(self, address: str, port: int, samplers: tuple[Sampler, ...]) -> None:
        self.address_family = LOOPBACK[address]
        self.samplers: Final = samplers
        super().__init__((address, port), _Request)

    def server_bind(self) -> None:
        """Bind, without asking the name service what this machine is called, as `HTTPServer` does."""
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or takes too long, is not worth a traceback on standard error."""


class _Request(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server
    timeout = PATIENCE
    server_version = "ringbuffer"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer."""
        if self._host_name() not in NAMES:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "this endpoint is for this machine only\n")
        elif self.path == "/statistics":
            rings = [sampler.sample().as_dict() for sampler in self.server.samplers]
            self._answer(HTTPStatus.OK, "application/json", json.dumps({"pid": os.getpid(), "rings": rings}) + "\n")
        elif self.path == "/metrics":
            self._answer(*_metrics(self.server.samplers))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "there are /statistics and /metrics\n")

    do_HEAD = do_GET

    def _host_name(self) -> str:
        """What the client calls this machine; nothing if it does not say."""
        name, _, port = self.headers.get("Host", "").rpartition(":")
        return name if port == str(self.server.server_port) else f"{name}:{port}".lstrip(":")

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind if "charset" in kind else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):  # it has gone away
                self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not logged."""


def _metrics(samplers: tuple[Sampler, ...]) -> tuple[HTTPStatus, str, str]:
    try:
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        from ringbuffer.diagnostics.prometheus import RingBufferCollector
    except ImportError:
        text = "prometheus_client is not installed; install ringbuffer-ft[prometheus]\n"
        return HTTPStatus.NOT_IMPLEMENTED, "text/plain", text
    registry = CollectorRegistry()
    registry.register(RingBufferCollector(*samplers))
    return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry).decode()
