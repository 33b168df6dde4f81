"""Small damage to good files: the same seed gives the same damage."""

from __future__ import annotations

from random import Random

_PIECES = (b"\0", b"\xff", b"\n\n", b"\r", b"--", b"%", b"<", b">>", b"[", b"(", b"=?", b"?=", b"PK\1\2", b"endstream",
           b"obj", b"\\u", b"{", b"@", b":", b"99999999999", b"-1", b"/Kids", b"Content-Type: multipart/mixed\n",
           b"2703(d)", "國".encode(), b"\xed\xa0\x80")  # fmt: skip


def damaged(data: bytes, random: Random, other: bytes = b"") -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16, 64))):
        random.choice((_flip, _cut, _insert, _repeat, _swap))(changed, random)
    if other and random.random() < 0.2:
        place = random.randrange(len(changed) + 1)
        start = random.randrange(len(other) + 1)
        changed[place:place] = other[start : start + 2000]
    return bytes(changed)


def _place(data: bytearray, random: Random) -> int:
    return random.randrange(len(data) + 1)


def _flip(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _cut(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    del data[start : start + random.choice((1, 4, 50, 1000))]


def _insert(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    data[start:start] = random.choice(_PIECES) * random.choice((1, 1, 1, 3, 200))


def _repeat(data: bytearray, random: Random) -> None:
    start = _place(data, random)
    piece = data[start : start + random.choice((2, 20, 500))]
    data[start:start] = piece * random.choice((1, 2, 30))


def _swap(data: bytearray, random: Random) -> None:
    start, other = _place(data, random), _place(data, random)
    piece = data[start : start + 20]
    data[other : other + len(piece)] = piece
