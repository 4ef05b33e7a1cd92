"""`ringbuffer top`: what it shows, when it ends, and which endpoint it asks."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ringbuffer import Disruptor
from ringbuffer.cli.main import main
from ringbuffer.cli.top import watch
from ringbuffer.diagnostics import DiagnosticEventHandler, Endpoint
from ringbuffer.programs.top.client import Client, EndpointError
from ringbuffer.programs.top.view import view
from tests.unit.cli.kit import Terminal


def handle(event: Any, sequence: int, end_of_batch: bool) -> None:
    pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Of a disruptor that has handled one event."""
    disruptor: Disruptor[Any] = Disruptor(dict, 8, name="orders")
    disruptor.handle_events_with(DiagnosticEventHandler(handle, durations=True), print)
    with disruptor:
        disruptor.publish_event(lambda event, sequence: None)
    with Endpoint(disruptor) as endpoint:
        yield endpoint


def test_it_shows_rings_and_consumers_once(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["top", str(endpoint.port), "--once"]) == 0
    out = capsys.readouterr().out
    assert "orders   [..............................]   0.0% of 8 slots" in out
    assert "  published 0   0.0/s in, 0.0/s out over " in out
    assert "producer stalls 0, claim timeouts 0" in out
    [row] = [line for line in out.splitlines() if line.strip().startswith("handle")]
    assert row.split()[:7] == ["handle", "HALTED", "0", "0", "0.0/s", "1.0", "0"]


def test_it_shows_the_same_as_json(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["top", endpoint.url, "--once", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rings"][0]["name"] == "orders"


def test_ctrl_c_ends_the_view_which_is_not_a_failure(endpoint: Endpoint) -> None:
    pauses: list[None] = []

    def pause() -> None:
        pauses.append(None)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    out = Terminal()
    assert watch(Client(endpoint.url), out, False, False, pause) == 0
    assert out.getvalue().count("\x1b[H\x1b[2J") == 3


def test_into_a_file_it_writes_no_escape_sequences(endpoint: Endpoint) -> None:
    out = io.StringIO()
    assert watch(Client(endpoint.url), out, False, False, endpoint.close) == 1
    assert "\x1b" not in out.getvalue()


def test_when_the_program_has_ended_so_has_the_view(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watch(Client(endpoint.url), io.StringIO(), False, True, endpoint.close) == 1
    assert (
        f"ringbuffer top: no endpoint answers on port {endpoint.port}: " in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "where",
    [
        "http://example.org:80",
        "http://192.168.0.1:9876",
        "http://localhost.example.org:1",
        "http://10.1:9876",
    ],
)
def test_another_machine_is_refused(where: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["top", where])
    assert stop.value.code == 2
    assert "is on another machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    "where",
    ["", "x", "0", "http://localhost", "http://localhost:99999", "https://localhost:1", "99999"],
)
def test_an_address_that_is_not_an_endpoint_is_refused(
    where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["top", where])
    assert stop.value.code == 2
    assert "is not an endpoint: give its port, or its url" in capsys.readouterr().err


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "inf", "soon"])
def test_the_interval_is_a_positive_number(
    interval: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["top", "9876", "--interval", interval])
    assert stop.value.code == 2
    assert "a positive number of seconds is needed" in capsys.readouterr().err


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"rings": 3}', b"\xff"])
def test_a_server_with_other_answers_is_not_an_endpoint(body: bytes) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(EndpointError, match="is not an endpoint of ringbuffer"):
            Client(str(server.server_port)).statistics()
        thread.join()


# -- the view -------------------------------------------------------------------------------------


def consumer(name: str, lag: int, rate: float | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "sequence": 5,
        "lag": lag,
        "rate": rate,
        "state": None,
        "counters": {},
        "distributions": {},
    } | more


def ring(**changes: Any) -> dict[str, Any]:
    return {
        "name": "orders",
        "capacity": 1024,
        "claimed": 9,
        "published": 1234567,
        "minimum_gating_sequence": 0,
        "remaining_capacity": 0,
        "utilization": 0.5,
        "window": None,
        "publish_rate": None,
        "consume_rate": None,
        "counters": {},
        "consumers": [],
    } | changes


def shown(**changes: Any) -> list[str]:
    return view({"pid": 7, "rings": [ring(**changes)]}).splitlines()


def test_a_ring_without_rates_and_consumers() -> None:
    assert shown() == [
        "process 7",
        "",
        "orders   [###############...............]  50.0% of 1,024 slots",
        "  published 1,234,567   - in, - out",
    ]


def test_the_consumer_that_is_furthest_behind_is_marked() -> None:
    rows = shown(consumers=[consumer("quick", 1), consumer("slow", 9), consumer("slow too", 9)])[
        -3:
    ]
    assert [row[2] for row in rows] == [" ", ">", ">"]
    assert all(row[2] == " " for row in shown(consumers=[consumer("quick", 0)])[-1:])


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0, "0.0/s"), (999.0, "999.0/s"), (12_300, "12.3 k/s"), (4_560_000, "4.6 M/s")],
)
def test_rates_are_short(rate: float, text: str) -> None:
    assert f"{text} in" in shown(publish_rate=rate, consume_rate=0.0, window=5.0)[-1]


def test_a_name_cannot_change_the_terminal() -> None:
    lines = shown(name="a\x1b[2Jb", consumers=[consumer("c\rd", 0)])
    assert lines[2].startswith("a?[2Jb")
    assert "c?d" in lines[-1]


@pytest.mark.parametrize(
    ("counters", "words"),
    [
        ({"events": 9, "batches": 3}, "<= 16 µs an event"),
        ({"events": 9, "batches": 9}, "<= 16 µs an event"),
        ({"events": 27, "batches": 9}, "<= 16 µs a batch"),
    ],
)
def test_a_limit_is_shown_as_one_and_says_what_it_is_of(
    counters: dict[str, int], words: str
) -> None:
    distributions = {"durations": {"p99": 16e-6, "count": 9}, "batch_sizes": {"mean": 3.0}}
    each = consumer("c", 0, counters=counters, distributions=distributions)
    head, row = shown(consumers=[each])[-2:]
    assert row.endswith(words)
    assert head.endswith("99 % of calls take")
    assert "mean batch" in head
    assert "p99" not in head
