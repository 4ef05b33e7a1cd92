"""`Endpoint`: statistics over HTTP, for this machine alone."""

import builtins
import contextlib
import http.client
import json
import socket
from typing import Any

import pytest

from ringbuffer.diagnostics import Endpoint, Sampler, Statistics
from tests.unit.diagnostics.kit import ignore, new_disruptor, put


def ask(endpoint: Endpoint, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """The status, the type and the body of an answer."""
    host = "::1" if "[" in endpoint.url else "127.0.0.1"
    connection = http.client.HTTPConnection(host, endpoint.port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read().decode()
    finally:
        connection.close()


def test_statistics_are_served_as_json_with_rates_from_the_first_request_on() -> None:
    disruptor = new_disruptor(name="orders")
    disruptor.handle_events_with(ignore)
    with Endpoint(disruptor) as endpoint, disruptor:
        disruptor.publish_event(put)
        status, kind, body = ask(endpoint, "/statistics")
        assert (status, kind) == (200, "application/json; charset=utf-8")
        [ring] = json.loads(body)["rings"]
        assert (ring["name"], ring["published"], ring["consumers"][0]["name"]) == (
            "orders",
            0,
            "ignore",
        )
        assert ring["publish_rate"] > 0
        assert ask(endpoint, "/statistics", "HEAD")[2] == ""


def test_metrics_are_served_for_prometheus() -> None:
    with Endpoint(new_disruptor(name="orders")) as endpoint:
        status, kind, body = ask(endpoint, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert 'ringbuffer_capacity{ring="orders"} 8.0' in body


def test_without_the_library_metrics_are_not_there_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def missing(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with Endpoint(new_disruptor()) as endpoint:
        status, _, body = ask(endpoint, "/metrics")
    assert (status, body) == (
        501,
        "prometheus_client is not installed; install ringbuffer-ft[prometheus]\n",
    )


def test_other_paths_and_other_methods_are_not_there() -> None:
    with Endpoint(new_disruptor()) as endpoint:
        assert ask(endpoint, "/")[0] == 404
        assert ask(endpoint, "/statistics", "POST")[0] == 501
        assert ask(endpoint, "/statistics", "DELETE")[0] == 501


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "localhost:{port}"])
def test_a_request_may_call_this_machine_by_its_loopback_names(name: str) -> None:
    with Endpoint(new_disruptor()) as endpoint:
        assert ask(endpoint, "/statistics", Host=name.format(port=endpoint.port))[0] == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost:1", ""]
)
def test_a_request_that_calls_it_otherwise_is_refused(name: str) -> None:
    with Endpoint(new_disruptor()) as endpoint:
        assert ask(endpoint, "/statistics", Host=name.format(port=endpoint.port))[0] == 403


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "localhost", "192.168.0.1", "127.0.0.2"])
def test_it_listens_on_a_loopback_address_only(address: str) -> None:
    with pytest.raises(ValueError, match=r"listens on 127\.0\.0\.1 or ::1 only"):
        Endpoint(new_disruptor(), address=address)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_it_listens_on_the_other_loopback_address() -> None:
    with Endpoint(new_disruptor(), address="::1") as endpoint:
        assert endpoint.url == f"http://[::1]:{endpoint.port}"
        assert ask(endpoint, "/statistics")[0] == 200


def test_a_client_that_goes_away_or_talks_nonsense_does_not_stop_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Endpoint(new_disruptor()) as endpoint:
        socket.create_connection(("127.0.0.1", endpoint.port)).close()
        with socket.create_connection(("127.0.0.1", endpoint.port)) as client:
            client.sendall(b"\x00\xff nonsense\r\n\r\n")
        assert ask(endpoint, "/statistics")[0] == 200
    assert capfd.readouterr().err == ""


def test_the_port_is_free_again_after_the_end() -> None:
    endpoint = Endpoint(new_disruptor())
    assert repr(endpoint) == f"Endpoint(http://127.0.0.1:{endpoint.port})"
    with pytest.raises(OSError, match="in use"):
        Endpoint(new_disruptor(), port=endpoint.port)
    endpoint.close()
    endpoint.close()
    Endpoint(new_disruptor(), port=endpoint.port).close()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="port must be from 0 to 65535, not 65536"):
        Endpoint(new_disruptor(), port=65536)
    with pytest.raises(ValueError, match="several are called disruptor"):
        Endpoint(new_disruptor(), new_disruptor())
    with pytest.raises(ValueError, match="name at least one"):
        Endpoint()
    Endpoint(new_disruptor(), Sampler(new_disruptor(), name="another")).close()


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, MemoryError])
def test_whatever_a_request_raises_the_next_one_is_served(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = Sampler(new_disruptor())
    with Endpoint(sampler) as endpoint:

        def fail(self: Sampler) -> Statistics:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(Sampler, "sample", fail)
            with contextlib.suppress(OSError, http.client.HTTPException):
                assert ask(endpoint, "/statistics")[0] == 500
        assert ask(endpoint, "/statistics")[0] == 200
