"""`MessageCodec`: turns messages into bytes for a file, and back; `JsonCodec` is the default.

No codec here uses `pickle`. To read a pickle runs the code that it names, so any program that can
write the file could run code in this process. A pickle also names classes by their modules. Dead
letters outlive a version of a program, which may have moved or changed these classes.
"""

import base64
import json
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, Protocol

from ringbuffer.messaging.envelope import TransportEnvelope


class MessageCodec(Protocol):
    """Implement this for messages that are neither envelopes nor JSON. Any thread calls it."""

    def encode(self, message: Any, /) -> bytes:
        """The message as bytes."""
        ...

    def decode(self, data: bytes, /) -> object:
        """The message that `encode` turned into `data`, perhaps in an older program."""
        ...


class JsonCodec:
    """Writes messages as JSON: values that JSON can hold, and envelopes with such headers.

    A message must come back equal. So a tuple, or a mapping whose keys are not strings, is refused.
    """

    def encode(self, message: Any, /) -> bytes:
        """The message as JSON.

        Raises:
            TypeError, ValueError: JSON cannot hold the message.
        """
        is_envelope = type(message) is TransportEnvelope
        value = {"envelope": _values_of(message)} if is_envelope else {"value": message}
        data = json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
        if self.decode(data) != message:
            raise TypeError("it contains values that JSON would change, such as a tuple")
        return data

    def decode(self, data: bytes, /) -> object:
        """The message that was written as `data`."""
        value = json.loads(data)
        return _envelope_of(value["envelope"]) if "envelope" in value else value["value"]


_TIMES: Final = ("timestamp", "expires_at")


def _values_of(envelope: TransportEnvelope) -> dict[str, object]:
    values: dict[str, Any] = {each.name: getattr(envelope, each.name) for each in fields(envelope)}
    values["body"] = base64.b64encode(envelope.body).decode()
    for name in _TIMES:
        values[name] = values[name] and values[name].isoformat()
    return values


def _envelope_of(values: dict[str, Any]) -> TransportEnvelope:
    values["body"] = base64.b64decode(values["body"])
    for name in _TIMES:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return TransportEnvelope(**values)
