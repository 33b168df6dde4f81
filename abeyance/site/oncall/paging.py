"""Raising alarms and sending them, by the worker, about once a minute. What is sent says that something is due, when,
and where to sign in; never which request, who asks or about whom.

1. An open emergency raises an alarm at once; a due date two hours before, and when it has passed. A formal step that is
   not done raises one when 50, 25 and 10 per cent of its time are left, and when it has passed; a request to look at
   a pause again three days before, and when it is overdue.
2. It goes to whoever has a turn at level 1; after ten minutes without an acknowledgement to level 1 and 2, and again
   every ten minutes. Where nobody has a turn, it goes to every member who could act. Whoever may not know of the
   request is passed over: also that something is due would tell.
3. An alarm whose case is closed, or whose clock has gone, is acknowledged by nobody and ends.
4. A pause that nobody confirmed in 72 hours, or whose review is overdue, raises one each day until two people decide.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings

from abeyance.answer import steps
from abeyance.errors import BadInput
from abeyance.ledger import sight
from abeyance.notice import hearings
from abeyance.pauses import alarming, due
from abeyance.people.models import Member
from abeyance.rules.permissions import ROLE_PERMISSIONS, Permission, Role
from abeyance.site.oncall import places, sending
from abeyance.site.oncall.models import Alarm, Turn, Way
from abeyance.site.oncall.ways import opened
from abeyance.site.pages import saying_who

log = logging.getLogger(__name__)
BEFORE = timedelta(hours=2)
AGAIN = timedelta(minutes=10)
MOST = 500
STEP = "step-"
PAUSE = "pause:"
REQUEST = "R-"
RISE = "rise"
HEARING, OVERDUE_HEARING = "hearing", "hearing-late"
Send = Callable[[str, str, str], bool]


def tend(now: datetime, send: Send | None = None) -> int:
    """One round; how many alarms were sent."""
    raise_alarms(now)
    return sum(_send(alarm, now, send or by_apprise) for alarm in waiting(now))


def raise_alarms(now: datetime) -> None:
    for found in due.pressing(now + BEFORE, MOST):
        if found.emergency:
            _raise(found.ref, "emergency", None, now)
        if found.due is not None and found.due <= now + BEFORE:
            _raise(found.ref, "overdue" if found.due <= now else "due", found.due, now)
    for (ref, at), kind in _steps(now).items():
        _raise(ref, kind, at, now)
    for about in alarming.alarms(now, reader=None):
        _raise(key_of(about.row.pk), about.kind, about.about, now)
    for code, at in hearings.pressing(now, MOST):
        _raise(code, OVERDUE_HEARING if at <= now else HEARING, at, now)


def _steps(now: datetime) -> dict[tuple[str, datetime], str]:
    """The mark that each open step has reached: "step-50", "step-25", "step-10", and "step-0" when it is too late."""
    reached = [step for step in steps.running(now, MOST) if step.mark is not None]
    lowest: dict[tuple[str, datetime], int] = {}
    for step in reached:
        assert step.mark is not None
        name = (step.ref, step.due)
        lowest[name] = min(step.mark, lowest.get(name, step.mark))
    return {name: f"{STEP}{mark}" for name, mark in lowest.items()}


def key_of(pause: int) -> str:
    """What an alarm about a pause has where others have the reference of a request."""
    return f"{PAUSE}{pause}"


def _raise(ref: str, kind: str, about: datetime | None, now: datetime) -> None:
    Alarm.objects.get_or_create(case=ref, kind=kind, about=about, defaults={"raised_at": now})


def taken_by(ref: str) -> tuple[str, datetime] | None:
    """Who has last said of this emergency that they see to it, by name, and when; nobody who is no member any more."""
    alarms = Alarm.objects.filter(case=ref, kind="emergency", acknowledged_at__isnull=False).order_by(
        "-acknowledged_at"
    )
    found = alarms.values_list("acknowledged_by", "acknowledged_at").first()
    if not found or not found[0] or not found[1] or not Member.objects.filter(code=found[0], active=True).exists():
        return None
    return saying_who.name_of(found[0]), found[1]


def open_alarms(now: datetime) -> list[Alarm]:
    """Those that nobody has acknowledged, about cases that are open, clocks that still run, steps not done, and pauses
    about which nobody has decided."""
    alarms = list(Alarm.objects.filter(acknowledged_at=None).order_by("raised_at")[:MOST])
    if not alarms:
        return []
    running = due.running({alarm.case for alarm in alarms})
    marks = _steps(now) if any(alarm.kind.startswith(STEP) for alarm in alarms) else {}
    about_pauses = any(alarm.case.startswith(PAUSE) for alarm in alarms)
    undecided = alarming.alarms(now, reader=None) if about_pauses else []
    pauses = {(key_of(each.row.pk), each.kind, each.about) for each in undecided}
    about_hearings = any(alarm.kind in (HEARING, OVERDUE_HEARING) for alarm in alarms)
    reviews = dict(hearings.pressing(now, MOST)) if about_hearings else {}
    return [
        alarm
        for alarm in alarms
        if (alarm.case in running and _still(alarm, running[alarm.case], marks))
        or (alarm.case, alarm.kind, alarm.about) in pauses
        or _about_hearing(alarm, reviews, now)
    ]


def _about_hearing(alarm: Alarm, reviews: Mapping[str, datetime], now: datetime) -> bool:
    """Of the two alarms about one request for review the last one alone."""
    at = reviews.get(alarm.case)
    return at is not None and alarm.kind == (OVERDUE_HEARING if at <= now else HEARING)


def _still(alarm: Alarm, next_due: datetime | None, marks: Mapping[tuple[str, datetime], str]) -> bool:
    """Of the alarms about one step the last one alone."""
    if alarm.kind.startswith(STEP):
        return alarm.about is not None and marks.get((alarm.case, alarm.about)) == alarm.kind
    return alarm.kind == "emergency" or next_due == alarm.about


def waiting(now: datetime) -> list[Alarm]:
    """Open alarms that have not been sent, or not lately."""
    return [alarm for alarm in open_alarms(now) if alarm.sent_at is None or alarm.sent_at <= now - AGAIN]


def called(now: datetime, level: int, alarm: Alarm | None = None) -> list[Member]:
    """Who has a turn; where nobody has, every member who could take the next step. With an alarm, of those who may know
    what it is about."""
    present = Member.objects.filter(active=True, away_until=None)
    turns = Turn.objects.filter(begins__lte=now, ends__gt=now, level__lte=level, member__in=present)
    members = _knowing({turn.member_id: turn.member for turn in turns.select_related("member")}.values(), alarm, now)
    able = [role.value for role in Role if Permission.ANSWER_PROPOSE in ROLE_PERMISSIONS[role]]
    return members or _knowing(present.filter(roles__overlap=able), alarm, now)


def _knowing(members: Iterable[Member], alarm: Alarm | None, now: datetime) -> list[Member]:
    return [member for member in members if alarm is None or _may_know(member, alarm, now)]


def _may_know(member: Member, alarm: Alarm, now: datetime) -> bool:
    if alarm.case.startswith(REQUEST):
        return bool(sight.known(member.code, [alarm.case]))
    if alarm.kind == RISE:  # counted from requests
        about = alarming.alarms(now, reader=member.code)
        return any((key_of(each.row.pk), each.kind) == (alarm.case, RISE) for each in about)
    return True


def next_round(alarm: Alarm) -> datetime | None:
    """When it is sent again, and to more people; None: within the minute."""
    return None if alarm.sent_at is None else alarm.sent_at + AGAIN


def _send(alarm: Alarm, now: datetime, send: Send) -> bool:
    level = 1 if alarm.level == 0 else 2
    reached = [_reach(way, alarm, now, send) for way in _ways(called(now, level, alarm))]
    Alarm.objects.filter(pk=alarm.pk).update(
        sent_at=now, level=level, failures=0 if any(reached) else alarm.failures + 1
    )
    if not any(reached):
        log.warning("an alarm reached nobody: no way is set up or none works; the page On call says whose")
    return any(reached)


def _ways(members: Iterable[Member]) -> list[Way]:
    return list(Way.objects.filter(member__in=list(members)))


def _reach(way: Way, alarm: Alarm, now: datetime, send: Send) -> bool:
    try:
        return send(opened(way), *words(alarm, now))
    except Exception as problem:
        # Only its kind: the text of an error may repeat the address with its password.
        log.warning("an alarm could not be sent by %s: %s", way.kind, type(problem).__name__)
        return False


def words(alarm: Alarm, now: datetime) -> tuple[str, str]:
    """Subject and text. They say nothing of a case."""
    where = settings.ABEYANCE.desk_origin or f"http://localhost:{settings.ABEYANCE.desk_port}"
    if alarm.kind == "emergency":
        said = "An emergency waits at the desk."
    elif alarm.case.startswith(PAUSE):
        said = "A pause needs two people to decide."
    else:
        minutes = int((alarm.about - now).total_seconds() // 60) if alarm.about else 0
        step, review = alarm.kind.startswith(STEP), alarm.kind.startswith(HEARING)
        what = "A formal step" if step else "A request for review" if review else "Something"
        said = f"{what} is due in {minutes} min." if minutes >= 0 else f"{what} is overdue by {-minutes} min."
    return "Abeyance: on call", f"{said} Sign in and acknowledge: {where}/emergency/"


def by_apprise(address: str, subject: str, text: str) -> bool:
    """Looked at again, since its host may lead elsewhere now, or have been added before anybody looked."""
    try:
        places.refuse_others(address)
    except BadInput:
        log.warning("an alarm was not sent: the address leads where none goes; see alarm_hosts in the settings")
        return False
    return sending.send(address, subject, text, allowed=places.allowed())
