"""The roster, one's own ways to be reached, the emergency view, and the calendar feed."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from abeyance.casefile import door
from abeyance.errors import BadInput, NotFound
from abeyance.ledger import sight
from abeyance.notice import hearings
from abeyance.notice.models import Hearing
from abeyance.pauses import alarming, due
from abeyance.people import queries as people
from abeyance.people.models import Member
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Permission
from abeyance.site.oncall import paging, ways
from abeyance.site.oncall.models import Alarm, Feed, Turn, Way
from abeyance.site.pages import queue, saying_who

SOON = timedelta(hours=24)
MOST_RAISED, MOST_SOON = 50, 25
LONGEST_TURN = timedelta(days=31)
MOST_IN_FEED = 500


@page(None)
def roster(request: MemberRequest) -> HttpResponse:
    now = _now()
    context = {
        "turns": Turn.objects.filter(ends__gt=now).select_related("member").order_by("begins", "level")[:200],
        "now": now,
        "called": [member.handle for member in paging.called(now, 1)],
        "nobody": not Turn.objects.filter(begins__lte=now, ends__gt=now, level=1).exists(),
        "members": people.members(),
        "ways": Way.objects.filter(member__code=request.member).order_by("pk"),
        "feed": Feed.objects.filter(member__code=request.member).first(),
        "unreached": _unreached(request.member),
    }
    return render(request, "oncall/roster.html", context)


def _unreached(member: str) -> int:
    """Alarms that reached nobody, of those that this member may know of."""
    found = Alarm.objects.filter(acknowledged_at=None, failures__gt=0).exclude(kind=paging.RISE)
    refs = list(found.values_list("case", flat=True))
    known = sight.known(member, {ref for ref in refs if ref.startswith(paging.REQUEST)})
    return sum(ref in known or not ref.startswith(paging.REQUEST) for ref in refs)


@act(None)
def take_turn(request: MemberRequest) -> HttpResponse:
    """For oneself or, agreed by word of mouth, for somebody else: it loosens nothing."""
    begins, ends = _moment(request.POST.get("begins", "")), _moment(request.POST.get("ends", ""))
    if ends <= begins or ends - begins > LONGEST_TURN:
        raise BadInput("A turn ends after it begins, and within 31 days.")
    member = Member.objects.get(code=people.code_of(request.POST.get("member", request.member)[:64]))
    level = 2 if request.POST.get("level") == "2" else 1
    Turn.objects.create(member=member, begins=begins, ends=ends, level=level)
    messages.success(request, _("The turn is on the roster."))
    return redirect("roster")


@act(None)
def drop_turn(request: MemberRequest, pk: int) -> HttpResponse:
    if not Turn.objects.filter(pk=pk).delete()[0]:
        raise NotFound("There is no such turn.")
    messages.success(request, _("Taken off the roster."))
    return redirect("roster")


@act(None)
def add_way(request: MemberRequest) -> HttpResponse:
    ways.add(Member.objects.get(code=request.member), request.POST.get("address", "").strip(), now=_now())
    messages.success(request, _("Alarms will reach you there as well. Try it."))
    return redirect("roster")


@act(None)
def try_way(request: MemberRequest, pk: int) -> HttpResponse:
    """Sends a word now, so that nobody finds out at night."""
    way = _own_way(request, pk)
    if paging.by_apprise(ways.opened(way), "Abeyance: on call", "This is a test. Nothing is due."):
        messages.success(request, _("It was sent. See whether it arrives."))
    else:
        messages.error(request, _("It could not be sent. Look at the address."))
    return redirect("roster")


@act(None)
def drop_way(request: MemberRequest, pk: int) -> HttpResponse:
    _own_way(request, pk).delete()
    messages.success(request, _("Nothing is sent there any more."))
    return redirect("roster")


def _own_way(request: MemberRequest, pk: int) -> Way:
    way = Way.objects.filter(pk=pk, member__code=request.member).first()
    if way is None:
        raise NotFound("There is no such way of yours.")
    return way


@page(Permission.CASE_READ)
def emergency(request: MemberRequest) -> HttpResponse:
    """Only what matters in the night: what was raised, what is due within a day, and the one button."""
    now, sight = _now(), people.sight_of(request.member)
    seen = door.visible_in(sight)
    due.catch_up(now)
    refs = {alarm.case: alarm for alarm in paging.open_alarms(now)}
    raised = list(seen.filter(ref__in=refs).order_by("next_due")[: MOST_RAISED + 1]) if refs else []
    soon = seen.filter(closed_at=None, next_due__lt=now + SOON).exclude(ref__in=refs).order_by("next_due")
    soon_due = list(soon[: MOST_SOON + 1])
    lines = {line.ref: line for line in queue.lines([*raised[:MOST_RAISED], *soon_due[:MOST_SOON]], now)}
    first, then = paging.called(now, 1), paging.called(now, 2)
    context = {
        "pauses": _of_pauses(now, request.member),
        "alarms": [
            (lines[each.ref], refs[each.ref], paging.next_round(refs[each.ref])) for each in raised[:MOST_RAISED]
        ],
        "more_raised": len(raised) > MOST_RAISED,
        "hearings": _hearings(sight.actor, set(refs)),
        "soon": [lines[each.ref] for each in soon_due[:MOST_SOON]],
        "more_soon": len(soon_due) > MOST_SOON,
        "called": [member.handle for member in first],
        "then": [member.handle for member in then if member not in first],
        "taken": _taken(request.member, now),
    }
    template = "oncall/emergency_lists.html" if request.headers.get("HX-Request") else "oncall/emergency.html"
    return render(request, template, context)


def _taken(member: str, now: datetime) -> list[tuple[Alarm, str, int]]:
    """What somebody has made theirs within a day: who, and how many minutes it had waited."""
    alarms = list(Alarm.objects.filter(acknowledged_at__gt=now - SOON).order_by("-acknowledged_at")[:20])
    if not alarms:
        return []
    known = set(door.visible_to(member).filter(ref__in=[each.case for each in alarms]).values_list("ref", flat=True))
    names = saying_who.names_of([each.acknowledged_by or "" for each in alarms])
    return [
        (
            each,
            names.get(each.acknowledged_by or "", ""),
            int((each.acknowledged_at - each.raised_at).total_seconds()) // 60,
        )
        for each in alarms
        if each.case in known and each.acknowledged_at
    ]


def _hearings(member: Actor, alarmed: set[str]) -> list[Hearing]:
    if not alarmed or Permission.HEARING_READ not in member.permissions:
        return []
    return list(hearings.open_for(member.code).filter(code__in=alarmed)[:50])


@act(Permission.CASE_READ)
def acknowledge(request: MemberRequest, ref: str) -> HttpResponse:
    """I have seen it and act on it; nobody else is woken for it."""
    if hearings.visible_to(request.member).filter(code=ref).exists():
        hearings.find(ref, by=request.member, now=_now())
        Alarm.objects.filter(case=ref, acknowledged_at=None).update(
            acknowledged_by=request.member, acknowledged_at=_now()
        )
        messages.success(request, _("It is yours; nobody else is woken for it."))
        return redirect("hearing", code=ref)
    if not door.visible_to(request.member).filter(ref=ref).exists():
        raise NotFound("There is no such request that you may read.")
    open_ = Alarm.objects.filter(case=ref, acknowledged_at=None)
    open_.update(acknowledged_by=request.member, acknowledged_at=_now())
    messages.success(request, _("It is yours; nobody else is woken for it."))
    return redirect("case", ref=ref)


def _of_pauses(now: datetime, reader: str) -> list[tuple[alarming.PauseAlarm, bool]]:
    """What two people must decide, and whether somebody has said that they see to it today."""
    found = alarming.alarms(now, reader=reader)
    mine = Alarm.objects.exclude(acknowledged_at=None).filter(case__startswith=paging.PAUSE)
    seen = set(mine.values_list("case", "kind", "about")) if found else set()
    return [(each, (paging.key_of(each.row.pk), each.kind, each.about) in seen) for each in found]


@act(Permission.CASE_READ)
def acknowledge_pause(request: MemberRequest, pk: int) -> HttpResponse:
    """Nobody else is woken for it today; tomorrow it is raised again, if nobody has decided."""
    mine = [each for each in alarming.alarms(_now(), reader=request.member) if each.row.pk == pk]
    if not mine:
        raise NotFound("There is no such alarm.")
    for each in mine:
        key = {"case": paging.key_of(pk), "kind": each.kind, "about": each.about}
        said = {"acknowledged_by": request.member, "acknowledged_at": _now()}
        Alarm.objects.update_or_create(**key, defaults=said, create_defaults=said | {"raised_at": _now()})
    messages.success(request, _("It is yours; nobody else is woken for it today."))
    return redirect("pause", name=mine[0].name)


@act(Permission.CASE_READ)
def make_feed(request: MemberRequest) -> HttpResponse:
    """A new address for calendar programs; an older one is void."""
    token = secrets.token_urlsafe(32)
    member = Member.objects.get(code=request.member)
    found = {"digest": hashlib.sha256(token.encode()).digest(), "made_at": _now()}
    Feed.objects.update_or_create(member=member, defaults=found)
    return render(request, "oncall/feed.html", {"token": token})


def feed(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 5545. When something is due, and nothing of what: a calendar program keeps it who knows where."""
    digest = hashlib.sha256(token[:64].encode()).digest()
    feeds = Feed.objects.filter(digest=digest, member__active=True, member__away_until=None)
    found = feeds.select_related("member").first()
    if found is None:
        raise Http404
    cases = door.visible_to(found.member.code).filter(closed_at=None, next_due__isnull=False)
    moments = cases.order_by("next_due").values_list("key", "next_due")[:MOST_IN_FEED]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Abeyance//Deadlines//EN", "X-WR-CALNAME:Abeyance"]
    for key, moment in moments:
        lines += _event(hashlib.sha256(digest + key.bytes).hexdigest()[:32], moment) if moment else []
    answer = HttpResponse("\r\n".join([*lines, "END:VCALENDAR", ""]), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def _event(name: str, moment: datetime) -> list[str]:
    at = f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return ["BEGIN:VEVENT", f"UID:{name}@abeyance", f"DTSTAMP:{at}", f"DTSTART:{at}", "SUMMARY:Due", "END:VEVENT"]


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("Say when the turn begins and when it ends.") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _now() -> datetime:
    return datetime.now(UTC)
