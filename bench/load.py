"""Fifty members at work beside three hundred connections that release, at the desk that `abeyance serve` starts.

Each member has a session and a connection of their own and, between two pages, 3 to 12 seconds to read and to type, as
somebody needs who works fast: all fifty ask for about 400 pages in a minute. They read the front page, lists and
requests, search, and take requests of their own from arrival through the facts to verification. Beside it stand the
same pages for one member alone at an idle desk.
"""

from __future__ import annotations

import itertools
import random
import statistics
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench import releasing
from bench.memory import started
from bench.results import Result
from bench.served import Browser, cookie_of
from bench.world import p95, timed, world

MEMBERS, OPEN, OWN = 50, 20_000, 3
PAUSE_SECONDS = (3.0, 12.0)
RELEASE_SECONDS = 60.0  # in which each connection releases once
P95_GOAL = 1000.0
FACTS = {
    "kind": "disclosure",
    "requester": "police",
    "jurisdiction": "HK",
    "agency": "hk-harbour-police",
    "instrument": "hk-nsl43-s7",
    "ground": "compelled",
    "entity": "quill-hk",
    "item-1-service": "quill",
    "item-1-category": "SubscriberData",
    "item-1-identifier_kind": "telephone",
    "item-1-fields": "telephone",
    "item-1-nexus": "the account in question",
    "item-1-controller": "quill-hk",
    "item-1-stored_in": "HK",
    "item-1-subject_country": "HK",
}


@dataclass
class AtWork:
    """One member: their browser, their own requests, and how long each page took."""

    browser: Browser
    own: list[str]
    chance: random.Random
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def work(self, until: float) -> None:
        for turn in itertools.count(self.chance.randrange(2)):  # so that they do not all confirm at the same moment
            for path, form in self._next(turn):
                time.sleep(self.chance.uniform(*PAUSE_SECONDS))
                if time.monotonic() > until:
                    return
                self.ask(path, form)

    def ask(self, path: str, form: dict[str, str] | None = None) -> None:
        try:
            self.times.append(timed(lambda: self.browser.post(path, form) if form else self.browser.get(path)))
        except Exception as problem:
            self.errors.append(f"{path}: {problem}")
            self.browser.close()

    def _next(self, turn: int) -> list[tuple[str, dict[str, str] | None]]:
        which, begins = divmod(turn, 2)
        if begins and which < len(self.own):
            return self._step(self.own[which])
        return [(path, None) for path in self._reading()]

    def _reading(self) -> list[str]:
        return ["/", "/requests/", f"/requests/{self.chance.choice(self.own)}/", "/requests/?q=hk-harbour-police"]

    def _step(self, ref: str) -> list[tuple[str, dict[str, str] | None]]:
        """From arrival to verification, with what is read on the way."""
        genuine = {"how": "call-back", "contact": _telephone()}
        return [
            ("/", None),
            (f"/requests/{ref}/confirm/", None),
            (f"/requests/{ref}/confirm/", FACTS | {"item-1-identifier": _account(self.chance)}),
            (f"/requests/{ref}/", None),
            (f"/requests/{ref}/act/genuine", genuine),
            ("/requests/?state=in-review", None),
        ]


def run(quick: bool) -> list[Result]:
    seconds, idle_rounds = (15, 8) if quick else (60, 30)
    with world() as desk:
        desk.fill(1, OPEN, country="HK", agency="hk-harbour-police", law="hk-nsl43-s7")
        packages = [package.key for package in desk.packages(12)]
        signed_in = [(cookie_of(code), _arrived(code)) for code in _members(MEMBERS + 1)]
        with started(desk.home) as running:
            alone, *fifty = [
                AtWork(Browser(running.desk, cookie), own, random.Random(number))
                for number, (cookie, own) in enumerate(signed_in)
            ]
            for path in alone._reading() * (idle_rounds + 2):
                alone.ask(path)
            idle = alone.times[len(alone._reading()) * 2 :]  # what is kept in memory is there by then
            with releasing.beside(desk, packages, every=RELEASE_SECONDS):
                time.sleep(3)
                before = releasing.made()
                _all_at_work(fifty, seconds)
                released = (releasing.made() - before) / seconds
    return _results(idle, fifty, alone.errors, released, seconds)


def _all_at_work(fifty: list[AtWork], seconds: float) -> None:
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=each.work, args=(until,)) for each in fifty]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _results(
    idle: list[float], fifty: list[AtWork], errors: list[str], released: float, seconds: float
) -> list[Result]:
    times = [taken for each in fifty for taken in each.times]
    errors = errors + [said for each in fifty for said in each.errors]
    who = f"{MEMBERS} members at work beside {releasing.CONNECTIONS} connections that release once in a minute"
    middle, idle_middle = statistics.median(times), statistics.median(idle)
    return [
        Result(f"{who}, {len(times):,} pages and steps in {seconds:.0f} s, p95", p95(times), "ms",
               f"under {P95_GOAL:,.0f} ms", p95(times) < P95_GOAL,
               "one member alone, p95, ms", p95(idle), p95(times) / p95(idle)),
        Result("the same, median", middle, "ms", "for comparison", True,
               "one member alone, median, ms", idle_middle, middle / idle_middle),
        Result(f"pages and steps refused or failed{_first_of(errors)}", len(errors), "", "0", not errors),
        Result("releases beside them", released, "releases/s", "for comparison", released > 0),
    ]  # fmt: skip


def _first_of(errors: list[str]) -> str:
    return f" (of which the first: {errors[0][:200]})" if errors else ""


def _members(number: int) -> list[str]:
    from abeyance.people.actions import FIRST_ROLES
    from abeyance.people.models import Member

    now, made = datetime.now(UTC), []
    for each in range(number):
        member = Member.objects.create(
            handle=f"m{each:02}", roles=list(FIRST_ROLES), founder=True, added_at=now, added_by="bench", roles_since=now
        )
        made.append(str(member.code))
    return made


def _arrived(member: str) -> list[str]:
    from abeyance.intake import taking

    notes = [f"Request for {member}, number {number}: {_account(random.Random())}" for number in range(OWN)]
    return [taking.take_note(note, channel="post", by=member, now=datetime.now(UTC)).ref for note in notes]


def _account(chance: random.Random) -> str:
    """Not many ask for the same one at the same moment."""
    return f"+8529{chance.randrange(10**7):07}"


def _telephone() -> str:
    from abeyance.site.demo.cast import TELEPHONE

    return TELEPHONE
