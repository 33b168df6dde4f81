"""How client and key holder talk: one frame is two lengths, a JSON object, and bytes that the object counts.

Everything is bounded before it is read: a frame that claims more ends the connection.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from abeyance.errors import BadInput

LENGTHS = struct.Struct(">II")
MOST_JSON = 2**20
MOST_BYTES = 16 * 2**20
MOST_PARTS = 20_000


@dataclass(frozen=True)
class Frame:
    said: dict[str, Any]
    parts: tuple[bytes, ...] = field(default=(), repr=False)


def send(channel: socket.socket, said: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    text = json.dumps({**said, "parts": [len(part) for part in parts]}, separators=(",", ":")).encode()
    body = b"".join(parts)
    if len(text) > MOST_JSON or len(body) > MOST_BYTES or len(parts) > MOST_PARTS:
        raise BadInput("That is too much at once for the key holder.")
    channel.sendall(LENGTHS.pack(len(text), len(body)) + text + body)


def receive(channel: socket.socket) -> Frame | None:
    """None when the other side has gone. Raises BadInput on a frame that we would not have sent."""
    lengths = _exactly(channel, LENGTHS.size)
    if lengths is None:
        return None
    text_length, body_length = LENGTHS.unpack(lengths)
    if text_length > MOST_JSON or body_length > MOST_BYTES:
        raise BadInput("That is too much at once for the key holder.")
    text, body = _exactly(channel, text_length), _exactly(channel, body_length)
    if text is None or body is None:
        return None
    return _parsed(bytes(text), memoryview(body))


def _parsed(text: bytes, body: memoryview) -> Frame:
    strange = BadInput("The key holder was sent something that is not a question.")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise strange from None
    lengths = said.pop("parts", None) if isinstance(said, dict) else None
    if not isinstance(lengths, list) or len(lengths) > MOST_PARTS:
        raise strange
    if not all(type(one) is int and one >= 0 for one in lengths) or sum(lengths) != len(body):
        raise strange
    parts, at = [], 0
    for length in lengths:
        parts.append(bytes(body[at : at + length]))
        at += length
    return Frame(said, tuple(parts))


def _exactly(channel: socket.socket, length: int) -> bytearray | None:
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        more = channel.recv_into(view[got:])
        if more == 0:
            return None
        got += more
    return buffer
