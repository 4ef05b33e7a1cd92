"""`Endpoint`: a running program's statistics and health over HTTP, for this machine only.

`ringbuffer top` shows them.

with Endpoint(disruptor, port=9876):
    ...

It only reads, and it listens on a loopback address only. So any user of this machine may look, and
users of other machines may not. A web page that runs in a browser of this machine may not look
either. The endpoint refuses requests that name another host. A page sends such requests after it
has bound its own name to 127.0.0.1. No answer allows another origin to read it.

| path | answer |
|---|---|
| `/statistics` | JSON: `{"pid": …, "rings": […]}`, each ring as `Statistics.as_dict` |
| `/metrics` | the same for Prometheus, if `prometheus_client` is installed |
| `/healthz` | 200 if everything is healthy; otherwise 503 and the reasons |

`/healthz` answers in JSON, or in text for a client that accepts `text/plain` alone.
"""

import json
import os
from http import HTTPStatus
from typing import Final, Self

from ringbuffer.checks import check_integer, check_timeout
from ringbuffer.diagnostics.health import Health
from ringbuffer.diagnostics.sampler import Sampler, samplers_of
from ringbuffer.diagnostics.serving import LOOPBACK, Answer, Server
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.service import ServiceThread

#: How long `close` waits for the thread by default, in seconds.
GRACE: Final = 5.0


class Endpoint(OneProcess):
    """Serves statistics and health from its own thread, from its construction until `close`.

    Any thread may close it. A client has two seconds to send its request, and two more to take the
    answer. Then the endpoint serves the next client.

    Args:
        things: whatever `observe` takes, or `Sampler`s; names must differ.
        port: the port to listen on; 0 takes a free one, see `port`.
        address: 127.0.0.1 or ::1.
        window: the time that rates cover, in seconds.
        stalled_after: how long a consumer may stand still, in seconds, before `/healthz` says that
            it stalls; see `Health`.
        host: provides the thread and the clock.

    Raises:
        ValueError: `address` is not one of those two, or `port` is not a port number. Or two of
            `things` have the same name, or a time is not positive.
        TypeError: one of `things` cannot be observed.
        OSError: the port is taken.
    """

    def __init__(
        self,
        *things: object,
        port: int = 0,
        address: str = "127.0.0.1",
        window: float = 5.0,
        stalled_after: float = 5.0,
        host: Host = SYSTEM_HOST,
    ) -> None:
        if address not in LOOPBACK:
            raise ValueError(
                f"the endpoint listens on 127.0.0.1 or ::1 only, not on {address!r}: it has no "
                f"login. To look from another machine, forward the port, as with ssh -L"
            )
        port = check_integer("port", port, what="an integer from 0 to 65535")
        if not 0 <= port < 1 << 16:
            raise ValueError(f"port must be from 0 to 65535, not {port!r}")
        samplers = samplers_of(
            each if isinstance(each, Sampler) else Sampler(each, window=window, host=host)
            for each in things
        )
        self._samplers: Final = samplers
        self._health: Final = Health(*samplers, after=stalled_after, host=host)
        for sampler in samplers:
            sampler.sample()  # the next look has rates
        self._health.problems()  # the first look: the time of a stall counts from here
        statistics, metrics, healthz = self._statistics, self._metrics, self._healthz
        pages = {"/statistics": statistics, "/metrics": metrics, "/healthz": healthz}
        self._server: Final = Server(address, port, pages, host)
        self._address: Final = address
        made_here(self)
        try:
            self._thread: Final = ServiceThread(
                self._server.serve, host=host, name="ringbuffer endpoint"
            )
            self._thread.ensure()
        except BaseException:
            self._server.free()
            raise

    def _after_fork(self, made_in: int) -> None:
        """In a child process: free the port, which the child has inherited and does not serve."""
        self._server.free()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The URL of the endpoint."""
        return f"http://{'[::1]' if self._address == '::1' else self._address}:{self.port}"

    def close(self, timeout: float | None = GRACE) -> bool:
        """Take no more requests, end the thread and free the port, whatever a client does.

        A second call does nothing.

        Args:
            timeout: the longest wait for the thread, in seconds; None waits without a limit. The
                thread may be in the `read()` of your own object, which no other thread can
                interrupt. It ends when that returns.

        Returns:
            Whether the thread has ended. The endpoint's own thread gets False at once.
        """
        limit = check_timeout(timeout)
        self._server.close()
        return self._thread.join(limit)

    def _statistics(self, accept: str) -> Answer:
        rings = [sampler.sample().as_dict() for sampler in self._samplers]
        text = json.dumps({"pid": os.getpid(), "rings": rings}) + "\n"
        return Answer(HTTPStatus.OK, "application/json", text)

    def _metrics(self, accept: str) -> Answer:
        try:
            from prometheus_client import CollectorRegistry
            from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

            from ringbuffer.diagnostics.prometheus import RingBufferCollector
        except ImportError:
            text = "prometheus_client is not installed; install ringbuffer-ft[prometheus]\n"
            return Answer(HTTPStatus.NOT_IMPLEMENTED, "text/plain", text)
        registry = CollectorRegistry()
        registry.register(RingBufferCollector(*self._samplers))
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry).decode())

    def _healthz(self, accept: str) -> Answer:
        problems = self._health.problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        word = "failing" if problems else "ok"
        if "text/plain" in accept and "json" not in accept and "*/*" not in accept:
            return Answer(status, "text/plain", "\n".join([word, *map(str, problems), ""]))
        reasons = [each.as_dict() for each in problems]
        told = {"status": word, "pid": os.getpid(), "reasons": reasons}
        return Answer(status, "application/json", json.dumps(told) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Endpoint({self.url})"
