"""Asks an endpoint on this machine for its statistics."""

import http.client
import json
from typing import Any, Final
from urllib.parse import urlsplit

from ringbuffer.diagnostics.serving import NAMES

#: How long an answer may take, in seconds.
PATIENCE: Final = 5.0


class EndpointError(Exception):
    """There is no endpoint there, or it does not answer as one."""


class Client:
    """One endpoint.

    Args:
        where: a port, or `http://127.0.0.1:PORT`.

    Raises:
        ValueError: it is neither, or names another machine.
    """

    def __init__(self, where: str) -> None:
        parts = urlsplit(f"http://127.0.0.1:{where}" if where.isdecimal() else where)
        name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme != "http" or not port or parts.path not in ("", "/", "/statistics"):
            raise ValueError(
                f"{where!r} is not an endpoint: "
                f"give its port, or its url, such as http://127.0.0.1:9876"
            )
        if name not in NAMES:
            raise ValueError(
                f"{where!r} is on another machine; an endpoint is reached from its own machine only"
            )
        self._host: Final = str(parts.hostname)
        self._port: Final = port

    def statistics(self) -> dict[str, Any]:
        """The endpoint's statistics.

        Raises:
            EndpointError: there is no endpoint, or the answer is not that of an endpoint.
        """
        # Not urllib, which would ask a proxy if the environment names one.
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        try:
            connection.request("GET", "/statistics")
            response = connection.getresponse()
            told = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise EndpointError(f"no endpoint answers on port {self._port}: {error}") from error
        except ValueError as error:
            raise EndpointError(
                f"what answers on port {self._port} is not an endpoint of ringbuffer: {error}"
            ) from error
        finally:
            connection.close()
        if not isinstance(told, dict) or not isinstance(told.get("rings"), list):
            raise EndpointError(
                f"what answers on port {self._port} is not an endpoint of ringbuffer"
            )
        return told
