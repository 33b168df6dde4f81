"""Names and arithmetic of C2SP tlog-tiles: what lies at `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH = 256
TILE_HEIGHT = 8
NAME = re.compile(r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class BadTileName(ValueError):
    """Not the name of a tile."""


@dataclass(frozen=True)
class Tile:
    """`level` None: a bundle of entries. `width` 256 is a full tile."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        kind = "entries" if self.level is None else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{_spell(self.index)}{part}"

    @property
    def start(self) -> int:
        """Index of its first hash within the level, or of its first entry."""
        return self.index * WIDTH


def read_path(path: str) -> Tile:
    """The tile of that name; BadTileName for any other spelling."""
    found = NAME.fullmatch(path)
    if found is None:
        raise BadTileName(path[:100])
    kind, number, width = found.groups()
    tile = Tile(
        None if kind == "entries" else int(kind),
        int(number.replace("x", "").replace("/", "")),
        int(width) if width else WIDTH,
    )
    if tile.path != path:
        raise BadTileName(path[:100])
    return tile


def tiles_between(before: int, size: int) -> Iterator[Tile]:
    """The tiles that a tree of `size` has and one of `before` did not; each level's entries with level 0."""
    level = 0
    while size >> (TILE_HEIGHT * level):
        for tile in _of_level(level, before, size):
            yield tile
            if level == 0:
                yield Tile(None, tile.index, tile.width)
        level += 1


def _of_level(level: int, before: int, size: int) -> Iterator[Tile]:
    had, has = before >> (TILE_HEIGHT * level), size >> (TILE_HEIGHT * level)
    if had == has:
        return
    for index in range(had // WIDTH, has // WIDTH):
        yield Tile(level, index)
    if has % WIDTH:
        yield Tile(level, has // WIDTH, has % WIDTH)


def bundle(entries: list[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    entries, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        entry = data[place + 2 : place + 2 + length]
        if len(data) < place + 2 or len(entry) != length:
            raise BadTileName("the bundle ends within an entry")
        entries.append(entry)
        place += 2 + length
    return entries


def _spell(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))
