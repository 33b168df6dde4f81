"""Whoever is kept out of a country learns nothing: every page, every answer of the API, every list of the command line
is the same with and without a request of that country, byte by byte.

The same places are looked at by a member who may know of it: there the request must show, or the looking is blind.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from abeyance import outbox
from abeyance.answer import steps
from abeyance.answer.models import FormalStep
from abeyance.casefile.models import Release
from abeyance.console import Answer
from abeyance.errors import AbeyanceError
from abeyance.intake import confirming, taking
from abeyance.ledger.models import Entry
from abeyance.patterns import actions as patterns
from abeyance.patterns.models import Pair
from abeyance.pauses import actions as pauses
from abeyance.people import actions as people
from abeyance.people.models import GuardedReader, Member
from abeyance.people.pages import word_of
from abeyance.release import making
from abeyance.rules import people as rules
from abeyance.rules.permissions import Role
from abeyance.site import words
from abeyance.site.oncall import paging
from abeyance.site.oncall.models import Alarm, Turn
from tests.casefile.packed import hand_over, letter, stated
from tests.desk import Desk, demand, item
from tests.pages.people import member_with, signed_in
from tests.pages.test_doors import ALL

# What may differ, and why it tells nothing of one country.
ALLOWED = (
    # Numbers of entries and leaves go up with every act of every request, of the shell and of the clock, and leaves
    # come in padded batches; which of them are about requests nobody sees here.
    ("ledger", re.compile(r"(?<=/ledger/)\d+|(?<=before=)\d+|\b\d+ (?:leaves|entries)\b|\n\d+\n[A-Za-z0-9+/=]{44}\n")),
    ("signature", re.compile(r"— \S+ [A-Za-z0-9+/=]{40,}")),
    ("token", re.compile(r'name="csrfmiddlewaretoken" value="\w+"|abeyance-[A-Za-z0-9_-]{43}')),
    ("moment", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00)?|DTSTAMP:\w+")),
    ("minutes", re.compile(r"\b\d+ ?(?:minutes?|min|seconds?|hours?)\b")),
    ("space", re.compile(r"\d+(?:\.\d+)? ?(?:GB|GiB|MB|MiB)\b")),
)


@dataclass
class Watcher:
    """A member with every role who is kept out of HK."""

    code: str
    name: str
    browser: Client
    api: Client
    token: str


def normal(body: str, known: dict[str, str]) -> str:
    for word, value in known.items():
        body = body.replace(value, f"<{word}>").replace(value.lower(), f"<{word}>")
    for word, pattern in ALLOWED:
        body = pattern.sub(f"<{word}>", body)
    return body


def filled(route: str, known: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        kind, _, name = found[1].rpartition(":")
        if "letters/" in route and name in ("kind", "language", "number"):
            return {"kind": "acknowledgement", "language": "en", "number": "1"}[name]
        if name in ("ref", "other"):
            return known["ref"]
        if kind == "uuid" or name in UUIDS:
            places = {"steps/": "step", "packages/": "package", "hand-overs/": "act"}
            return known[next((each for place, each in places.items() if place in route), "document")]
        return "1" if kind == "int" or name in ("number", "line", "part", "job") else known.get(name, "none")

    return "/" + re.sub(r"<([\w:]+)>", value, route)


def pages() -> Iterator[tuple[str, str]]:
    """Each address of the desk with the method that it answers to; what changes something only where it names a
    request, since only there something could be told."""
    for route, pattern in ALL:
        word = word_of(pattern.callback)
        if word is None:
            continue
        names_one = re.search(r"ref>|uuid:", route)
        if "GET" in word.methods:
            yield route, "get"
        if "POST" in word.methods and names_one:
            yield route, "post"


UUIDS = ("key", "act", "package")


def operations() -> Iterator[tuple[str, str]]:
    """Of the API: every question, and every act that names a request."""
    for path, methods in json.loads(Client().get("/api/openapi.json").content)["paths"].items():
        route = path.lstrip("/").replace("{", "<").replace("}", ">")
        names_one = any(f"<{name}>" in route for name in ("ref", *UUIDS))
        yield from ((route, method) for method in methods if method == "get" or (method == "post" and names_one))


COMMANDS = (
    "request list",
    "request show {ref}",
    "request draft {ref} {file}",
    "request versions {ref}",
    "request preview {ref}",
    "package list {ref}",
    "package check {package} --to AAAA",
    "step list",
    "step show {step}",
    "pause list",
    "pause preview {pause}",
    "pause show ALL-OF-IT",
    "matter show {ref}",
    "matter suspended",
    "ledger list",
    "ledger list --case {ref}",
    "jobs list",
    "proposal list",
    "member list",
    "agency list",
    "agency show hk-harbour-police",
    "service list",
    "service check quill",
    "policy list",
    "assessment list",
    "keys status",
    "doctor",
)


@cache
def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(exit_on_error=False)
    sub = made.add_subparsers()
    for room in words.present():
        room.register(sub)
    return made


def said_by(command: str, token: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What it prints, or with what it refuses; a command that does not exist is no proof."""
    monkeypatch.setenv("ABEYANCE_TOKEN", token)
    try:
        args = parser().parse_args(command.split())
        answer: Answer = args.run(args)
        return json.dumps(answer.document, default=str) + answer.text
    except AbeyanceError as problem:
        return f"refused: {problem}"


Places = frozenset[str] | None  # None: all of them


def pages_of(who: Watcher, known: dict[str, str], _: pytest.MonkeyPatch, only: Places = None) -> dict[str, str]:
    told = {}
    for route, method in pages():
        if only is None or f"{method} {route}" in only:
            answer = getattr(who.browser, method)(filled(route, known))
            told[f"{method} {route}"] = f"{answer.status_code} {answer.headers.get('Location', '')} {read(answer)}"
    told["search"] = read(who.browser.get("/requests/", {"q": known["ref"]}))
    told["search by country"] = read(who.browser.get("/requests/", {"country": "HK"}))
    told["search by agency"] = read(who.browser.get("/requests/", {"q": "hk-harbour-police"}))
    told["live front"] = read(who.browser.get("/", headers={"HX-Request": "true"}))
    told["live emergency"] = read(who.browser.get("/emergency/", headers={"HX-Request": "true"}))
    told["feed"] = read(Client().get(known["feed " + who.name]))
    told["figures"] = read(Client(headers={"Authorization": "Bearer figures"}).get("/metrics"))
    return {place: normal(body, known) for place, body in told.items()}


def answers_to(
    who: Watcher, known: dict[str, str], monkeypatch: pytest.MonkeyPatch, only: Places = None
) -> dict[str, str]:
    """Of the API and of the command line."""
    told = {}
    for route, method in operations():
        if only is None or f"api {method} {route}" in only:
            body = {"content_type": "application/json"} if method == "post" else {}
            answer = getattr(who.api, method)(filled(route, known), **body)
            told[f"api {method} {route}"] = f"{answer.status_code} {read(answer)}"
    for command in COMMANDS:
        if only is None or command in only:
            told[command] = said_by(command.format(**known), who.token, monkeypatch)
    return {place: normal(body, known) for place, body in told.items()}


def read(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode(errors="replace"))


def kept_out(desk: Desk, how: str) -> Watcher:
    """One who is on no list, or one who is on it and has excluded themselves."""
    with transaction.atomic():
        people.set_house_rules(frozenset({"HK"}), waiting=rules.ORDINARY_WAIT, small_team=False)
    member = member_with(*Role, name=how)
    for code in (desk.first, desk.second, *([member.code] if how == "excluded" else [])):
        GuardedReader.objects.create(jurisdiction="HK", member=Member.objects.get(code=code))
    if how == "excluded":
        people.exclude_self("HK", by=member.code, now=desk.now())
    return watching(desk, member)


def watching(desk: Desk, member: Member) -> Watcher:
    token = people.issue_token(member.code, by=member.code, now=desk.now()).token
    return Watcher(
        member.code, member.handle, signed_in(member.code), Client(headers={"Authorization": f"Bearer {token}"}), token
    )


def before(desk: Desk, watchers: list[Watcher]) -> dict[str, str]:
    """What everybody may see: a request of no country about the same account, a pause, the places of the others."""
    pauses.declare(stated(name="ALL-OF-IT", jurisdictions=[], laws=[OTHER_LAW]), by=desk.first, now=desk.now())
    plain = about_the_other(desk, jurisdiction=None, agency=None)
    (desk.home / "pause.toml").write_text(PAUSE)
    feeds = {}
    for who in watchers:
        made = read(who.browser.post("/on-call/feed"))
        found = re.search(r"/calendar/[\w-]+\.ics|/on-call/[\w-]{43}[\w./-]*", made)
        assert found, made
        feeds["feed " + who.name] = found[0]
    fake = {name: str(uuid4()) for name in ("package", "step", "act", "document")}
    return feeds | fake | {
        "plain": plain,
        "ref": "R-9999-9999-9999",
        "pause": str(desk.home / "pause.toml"),
        "file": str(desk.home / "draft.toml"),
        "digest": "00" * 32,
    }  # fmt: skip


def about_the_other(desk: Desk, **changes: Any) -> str:
    ref = desk.arrive(ANOTHER)
    confirming.confirm(ref, demand(items=[item(identifier=ANOTHER)], **changes), by=desk.first, now=desk.now())
    return ref


def requests_of_the_country(desk: Desk, known: dict[str, str]) -> dict[str, str]:
    """At every stage: handed over with a job that waits, an emergency that nobody has acknowledged, held with a formal
    step, and a proposal about the matter that it shares with the request that everybody sees."""
    package = making.gather(desk.agreed(), letter=letter, by=desk.first, now=desk.now())
    hand_over(desk, package)
    soon = desk.now() + timedelta(minutes=30)
    desk.confirmed(emergency=True, kind="emergency", deadline=soon)
    held = about_the_other(desk, instrument=OTHER_LAW, deadline=soon)
    steps.keep(desk.case(held), now=desk.now())
    pair = Pair.objects.filter(first__ref=known["plain"]).first() or Pair.objects.get(second__ref=known["plain"])
    other = pair.first.ref if pair.second.ref == known["plain"] else pair.second.ref
    patterns.propose_another(known["plain"], other, by=desk.first, now=desk.now())
    paging.raise_alarms(desk.now())
    document = package.case.documents.get()
    return known | {
        "ref": package.case.ref,
        "package": str(package.key),
        "act": str(Release.objects.get().act),
        "step": str(FormalStep.objects.get(case__ref=held).key),
        "document": str(document.key),
        "digest": bytes(package.sha256).hex(),
    }


PAUSE = 'name = "PREVIEWED"\njurisdictions = ["HK"]\nreview_by = 2030-12-31\nreason = "r"\nstatement = "s"\n'
ANOTHER = "+85290000009"
OTHER_LAW = "hk-nsl43-s4-identification"


@pytest.mark.parametrize(
    ("how", "look", "must_show"),
    [
        (
            "unlisted",
            pages_of,
            {"get ", "get requests/", "get emergency/", "get steps/", "search by country", "get requests/<slug:ref>/"},
        ),
        (
            "excluded",
            answers_to,
            {"api get api/requests", "request list", "step list", "ledger list", "request show {ref}"},
        ),
    ],
)
def test_nothing_tells_whoever_is_kept_out_that_a_request_exists(
    how: str, look: Any, must_show: set[str], desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ABEYANCE = replace(settings.ABEYANCE, metrics_token="figures")
    who, may_know = kept_out(desk, how), watching(desk, Member.objects.get(code=desk.first))
    known = before(desk, [who, may_know])
    without = look(who, known, monkeypatch)
    known = requests_of_the_country(desk, known)
    refs = set(Entry.objects.exclude(case=None).values_list("case", flat=True)) - {known["plain"]}
    told = look(who, known, monkeypatch)
    different = [f"{place}: {change(without[place], told[place])}" for place in told if told[place] != without[place]]
    different += [f"{place} names {ref}" for place, body in told.items() for ref in refs if ref in body]
    assert not different, "\n".join(different)
    seen = look(may_know, known, monkeypatch, frozenset(must_show))
    places = {place for place, body in seen.items() if "<ref>" in body or any(ref in body for ref in refs)}
    assert places >= must_show
    assert outbox.waiting(reader=may_know.code) == outbox.waiting(reader=who.code) + 1


def change(one: str, other: str) -> str:
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(start - 80, 0) : start + 160]!r} -> {other[max(start - 80, 0) : start + 160]!r}"


@pytest.mark.parametrize("how", ["unlisted", "excluded"])
def test_no_alarm_wakes_them_and_the_same_papers_are_new_to_them(how: str, desk: Desk) -> None:
    who, now = kept_out(desk, how), desk.now()
    for code in (who.code, desk.second):
        turn = {"member": Member.objects.get(code=code), "begins": now - timedelta(hours=1)}
        Turn.objects.create(**turn, ends=now + timedelta(hours=1))
    ref = desk.confirmed(emergency=True, kind="emergency")
    paging.raise_alarms(desk.now())
    alarm = Alarm.objects.get(case=ref)
    assert [member.code for member in paging.called(now, 1, alarm)] == [desk.second]
    assert who.code in {member.code for member in paging.called(now, 1)}
    papers = [desk.home / "mail-1.eml"]
    again = taking.take_together(papers, channel="file", by=desk.second, now=now)
    assert (again.ref, again.duplicate) == (ref, True)
    # A folder of mail is read again and again by the shell, which knows the reference of what it has brought.
    by_the_shell = taking.take_together(papers, channel="file", by="operator", now=now)
    assert (by_the_shell.ref, by_the_shell.duplicate) == (ref, False)
    theirs = desk.home / "brought-by-a-member.eml"
    theirs.write_bytes(papers[0].read_bytes() + b"Once more.")
    hidden = taking.take_together([theirs], channel="file", by=desk.second, now=now).ref
    confirming.confirm(hidden, demand(), by=desk.first, now=desk.now())
    by_the_shell = taking.take_together([theirs], channel="file", by="operator", now=now)
    assert (by_the_shell.ref != hidden, by_the_shell.duplicate) == (True, False)
    new = taking.take_together(papers, channel="file", by=who.code, now=now)
    assert (new.ref != ref, new.duplicate) == (True, False)
