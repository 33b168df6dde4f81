"""Pages of the desk with a thousand and with a million open requests, and the bare page beside them (bench/bare.py says
what that is): over loopback, through the server that members' browsers speak to, in turn."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass

from bench.results import Result
from bench.served import APART, Browser, Served, desk_of
from bench.world import p95, timed

FEW = 1_000
GOAL, BARE_GOAL = 2.0, 3.0


@dataclass(frozen=True)
class Asked:
    path: str
    bare: str
    member: str = "first"


PAGES = {
    "front page": Asked("/", "front"),
    "front page of a member who takes no part in them": Asked("/", "front", APART),
    "list of requests": Asked("/requests/", "list"),
    "its last page": Asked("/requests/?state=open&page=40", "list"),
    "list of a country with many": Asked("/requests/?country=HK&state=open", "list"),
    "list of a country with few": Asked("/requests/?country=GB", "list"),
    "search by agency": Asked("/requests/?q=hk-harbour-police", "list"),
    "list of a member who takes no part in them": Asked("/requests/?state=open", "list", APART),
    "a request": Asked("/requests/{ref}/", "case/{ref}"),
    "pauses": Asked("/pauses/", "pauses"),
    "a pause that covers them": Asked("/pauses/B-HK/", "pause/B-HK"),
    "emergency": Asked("/emergency/", "emergency"),
}
Times = dict[tuple[str, str], list[float]]


def run(quick: bool) -> list[Result]:
    many, rounds = (50_000, 20) if quick else (1_000_000, 60)
    with desk_of(FEW) as few, desk_of(many) as all_:
        times = _in_turn({"few": few, "many": all_}, rounds)
    return [_result(name, times, many, rounds) for name in PAGES]


def _in_turn(desks: dict[str, Served], rounds: int) -> Times:
    """Each page over few, over many and bare, one after the other, so that whatever else runs slows all of them."""
    times: Times = defaultdict(list)
    browsers = {(size, who): Browser(desk.port, cookie) for size, desk in desks.items() for who, cookie in _who(desk)}
    for round_ in range(-3, rounds):  # the first three fill what is kept in memory
        for name, page in PAGES.items():
            for size, desk in desks.items():
                browser = browsers[size, page.member]
                for what, path in (("page", page.path), ("bare", f"/bare/{page.bare}/")):
                    taken = timed(lambda: browser.get(path.format(ref=desk.ref)))  # noqa: B023 - called at once
                    if round_ >= 0:
                        times[name, f"{what} {size}"].append(taken)
    return times


def _who(desk: Served) -> list[tuple[str, str]]:
    return list(desk.cookies.items())


def _result(name: str, times: Times, many: int, rounds: int) -> Result:
    ours, before = p95(times[name, "page many"]), p95(times[name, "page few"])
    bare = p95(times[name, "bare many"] + times[name, "bare few"])
    middle = statistics.median(times[name, "page many"]) / statistics.median(times[name, "bare many"])
    return Result(
        f"{name} with {many:,} open requests, p95 of {rounds} (bare {bare:.1f} ms; medians {middle:.1f} times)",
        ours,
        "ms",
        f"at most {GOAL:.0f} times that with {FEW:,}, and {BARE_GOAL:.0f} times the bare page",
        ours <= GOAL * before and ours <= BARE_GOAL * bare,
        f"with {FEW:,} open requests, ms",
        before,
        ours / bare,
    )
