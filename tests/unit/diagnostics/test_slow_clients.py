"""`Endpoint`: a client has a deadline for all that it does, and none of them holds up `close`."""

import contextlib
import http.client
import logging
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer.diagnostics import ConsumerPosition, Endpoint, Positions, serving, settle
from ringbuffer.host import Thread
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE, Background
from tests.unit.diagnostics.kit import new_disruptor
from tests.unit.diagnostics.test_endpoint import ask

REQUEST = b"GET /statistics HTTP/1.1\r\nHost: localhost\r\n"


class Large:
    """An object with a description of 10 MB, which no socket accepts at once."""

    name = "large"

    def read(self) -> Positions:
        consumers = (ConsumerPosition(f"{number} {'x' * 1000}", 0) for number in range(10_000))
        return settle(8, 0, consumers, 0, 0, {})


def silent(client: socket.socket) -> None: ...


def in_the_middle(client: socket.socket) -> None:
    client.sendall(REQUEST + b"X: ")


def half_closed(client: socket.socket) -> None:
    client.sendall(REQUEST + b"\r\n")
    client.shutdown(socket.SHUT_WR)


def not_reading(client: socket.socket) -> None:
    client.sendall(REQUEST + b"\r\n")


def drip(client: socket.socket) -> None:
    """Send byte after byte, until the server ends the connection."""
    with contextlib.suppress(OSError):
        while True:
            client.sendall(b"a")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (silent, silent),
        (in_the_middle, silent),
        (half_closed, silent),
        (not_reading, silent),
        (in_the_middle, drip),
    ],
    ids=["silent", "in_the_middle", "half_closed", "not_reading", "dripping"],
)
def test_no_client_holds_up_the_end(
    before: Callable[[socket.socket], None],
    after: Callable[[socket.socket], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One client, and what it does before the server comes to it, and after that."""
    # No deadline of a client ends anything here
    monkeypatch.setattr(serving, "PATIENCE", 10 * PATIENCE)
    endpoint = Endpoint(Large())
    with socket.create_connection(("127.0.0.1", endpoint.port)) as client:
        before(client)
        while endpoint._server._client is None:
            pass  # it comes to this client by itself, and none of these clients ends by itself
        with Background(lambda: after(client)):
            assert endpoint.close(PATIENCE)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", endpoint.port))  # the port is free


def test_clients_in_the_line_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 10 * PATIENCE)
    endpoint = Endpoint(new_disruptor())
    clients = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(4)]
    assert endpoint.close(PATIENCE)
    for client in clients:
        client.close()


def test_a_client_that_sends_a_byte_now_and_then_has_a_deadline_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 0.2)
    with Endpoint(new_disruptor()) as endpoint:
        with socket.create_connection(("127.0.0.1", endpoint.port)) as client:
            in_the_middle(client)
            client.settimeout(0.02)  # the pause between two bytes
            try:
                while True:
                    client.sendall(b"a")
                    try:
                        assert client.recv(1) == b""
                        break
                    except TimeoutError:
                        pass
            except ConnectionError:
                pass  # it was dropped, which is what is wanted
        monkeypatch.setattr(serving, "PATIENCE", PATIENCE)
        assert ask(endpoint, "/statistics")[0] == 200


def test_a_client_that_does_not_take_its_answer_has_a_deadline() -> None:
    with (
        Endpoint(Large()) as endpoint,
        socket.create_connection(("127.0.0.1", endpoint.port)) as client,
    ):
        not_reading(client)
        assert ask(endpoint, "/nothing")[0] == 404  # the next one has its turn


def test_a_client_that_takes_its_answer_in_pieces_gets_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "PATIENCE", PATIENCE)
    with (
        Endpoint(Large()) as endpoint,
        socket.create_connection(("127.0.0.1", endpoint.port)) as client,
    ):
        half_closed(client)
        received = bytearray()
        while piece := client.recv(50_000):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(body) > 10_000_000


def test_the_deadlines_are_of_the_hosts_clock() -> None:
    class Late(ForwardingHost):
        now = 0.0

        def monotonic(self) -> float:
            self.now += 1.5  # each look at the clock takes so long
            return self.now

    host = Late()
    with (
        Endpoint(new_disruptor(), host=host) as endpoint,
        socket.create_connection(("127.0.0.1", endpoint.port)) as client,
    ):
        client.settimeout(PATIENCE)
        in_the_middle(client)
        # If it is dropped before all that was sent was read
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""


# -- what makes the answers -----------------------------------------------------------------------


def ask_in_vain(endpoint: Endpoint) -> None:
    """The endpoint is closed while it makes the answer."""
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(endpoint, "/statistics")


class Held:
    """An object that is read once when the endpoint is made, and then as long as a test wants."""

    name = "held"

    def __init__(self) -> None:
        self.looks = 0
        self.entered, self.opened = threading.Event(), threading.Event()

    def read(self) -> Positions:
        self.looks += 1
        if self.looks > 1:
            self.entered.set()
            assert self.opened.wait(PATIENCE)
        return settle(8, 0, (), 0, 0, {})


def test_the_end_does_not_wait_forever_for_an_answer() -> None:
    held = Held()
    endpoint = Endpoint(held)
    with Background(lambda: ask_in_vain(endpoint)):
        assert held.entered.wait(PATIENCE)
        assert endpoint.close(0.01) is False
        held.opened.set()
        assert endpoint.close(PATIENCE) is True
    assert endpoint.close() is True


def test_an_answer_that_cannot_be_made_is_an_error_to_the_client_and_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Fails:
        name = "fails"
        looks = 0

        def read(self) -> Positions:
            self.looks += 1
            if self.looks > 1:
                raise ValueError("no positions today")
            return settle(8, 0, (), 0, 0, {})

    with Endpoint(Fails()) as endpoint:
        status, _, body = ask(endpoint, "/statistics")
        assert (status, body) == (
            500,
            "/statistics could not be made; the log of the program says why\n",
        )
        assert ask(endpoint, "/healthz")[0] == 200
    assert [(record.levelno, record.exc_info is not None) for record in caplog.records] == [
        (logging.ERROR, True)
    ]
    assert "no positions today" in caplog.text


def test_an_endpoint_may_be_closed_by_what_it_looks_at() -> None:
    class Closes:
        name = "closes"

        def read(self) -> Positions:
            if endpoints:
                closed.append(endpoints[0].close())
            return settle(8, 0, (), 0, 0, {})

    endpoints, closed = list[Endpoint](), list[bool]()
    endpoint = Endpoint(Closes())
    endpoints.append(endpoint)
    ask_in_vain(endpoint)
    # The client may know of the end before the endpoint's thread has returned from its `close`.
    assert endpoint.close(PATIENCE) is True
    assert closed == [False]


def test_where_no_thread_can_be_started_nothing_is_left_open() -> None:
    class NoThreads(ForwardingHost):
        def start_thread(self, target: Callable[[], None], name: str) -> Thread:
            raise RuntimeError("can't start new thread")

    with Endpoint(new_disruptor()) as endpoint:
        port = endpoint.port
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Endpoint(new_disruptor(), port=port, host=NoThreads())
    Endpoint(new_disruptor(), port=port).close()


def test_without_a_file_descriptor_it_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiting client makes `select` return at once, so the thread must pause before a retry."""
    real, pauses = select.select, list[float]()

    def counted(*arguments: Any) -> Any:
        if len(arguments) == 4:
            pauses.append(arguments[3])
            short.clear()
        return real(*arguments)

    class Short(socket.socket):
        def accept(self) -> Any:
            if short:
                raise OSError(24, "Too many open files")
            return super().accept()

    short = [True]
    monkeypatch.setattr(socket, "socket", Short)
    monkeypatch.setattr(select, "select", counted)
    monkeypatch.setattr(serving, "SHORTAGE", 0.001)
    with Endpoint(new_disruptor()) as endpoint:
        assert ask(endpoint, "/statistics")[0] == 200
    assert pauses == [0.001]
