"""Telling an account holder: a text in their language with a token, the page behind it, and their objection.

Which channel is safe is for a person to think of first: a telephone in somebody else's hand reads every notice. The
desk does not know where account holders live and sends nothing itself; whoever gives the notice carries the text.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from abeyance import countries, fence
from abeyance.casefile import door, remarks
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Item, NoticeFact
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.notice import actions
from abeyance.notice.models import NoticeLink
from abeyance.people import queries as people
from abeyance.policy import queries as policy
from abeyance.rules.decision import Reason
from abeyance.rules.lifecycle import OPEN_STATES, State
from abeyance.rules.notice import NoticeState
from abeyance.rules.people import Permission

LANGUAGES = ("en", "zh-hant")
KEPT = timedelta(days=90)  # the page stays after the time to object, to be read again
LONGEST_OBJECTION = 2000  # as long as a remark
HOLDER = "account-holder"  # who objects, in the record: nobody is named


class Channel(StrEnum):
    SERVICE = "service"  # a message inside the service
    MAIL = "mail"
    POST = "post"
    COUNSEL = "counsel"  # to a lawyer who is known to act for them


class Risk(StrEnum):
    NONE_KNOWN = "none-known"
    SHARED = "shared"  # somebody else may read this channel too
    SEIZED = "seized"  # the device or mailbox may be in somebody else's hands


@dataclass(frozen=True)
class Given:
    """Shown once: `text` holds the token."""

    text: str
    token: str
    until: datetime


def give(
    ref: str, number: int, *, channel: Channel, risk: Risk, language: str, address: str, by: str, now: datetime
) -> Given:
    """Record that the holder of this item's account is told by this text. `address` is the portal's.

    Raises Refused for a channel that is in somebody else's hands: choose another, or defer with a reason.
    """
    if language not in LANGUAGES:
        raise BadInput(f"There is no text in that language; there is one in {', '.join(LANGUAGES)}.")
    if risk is Risk.SEIZED:
        sentence = "This channel may be in somebody else's hands. Choose another, or defer the notice with a reason."
        raise Refused([Reason("channel-seized", sentence, "notice:channel")])
    case = door.open_for(by, ref, Permission.NOTICE_RECORD, now=now)
    demand = casefacts.newest_demand(case)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    item = actions.items_named(case, frozenset({number}))[0]
    token, act = secrets.token_urlsafe(24), uuid4()
    with fence.together(act) as entered:
        Case.objects.select_for_update().get(pk=case.pk)
        until = actions.window_ends(entered.now)
        fact = NoticeFact.objects.create(
            item=item, kind=NoticeState.GIVEN.value, at=entered.now, until=until, order="", by=by
        )
        NoticeLink.objects.create(
            item=item,
            token_digest=_digest(token),
            language=language,
            channel=channel.value,
            risk=risk.value,
            made_by=by,
            made_at=entered.now,
            expires_at=until + KEPT,
        )
        actions.append(case, [fact], NoticeState.GIVEN.value, until, by=by, now=entered.now, act=act)
    context = _about(case, item) | {"until": until, "link": f"{address}/notice/{token}/"}
    with translation.override(language):
        text = render_to_string("notice/text.txt", context)
    return Given(text, token, until)


def seen(token: str, *, now: datetime) -> dict[str, Any]:
    """What the page behind the token says; raises NotFound alike for a wrong and for an old one."""
    link, item = _link(token, now)
    case = item.case
    given = item.notices.filter(kind=NoticeState.GIVEN.value).order_by("-pk").first()
    objection = item.notices.filter(kind__startswith="objection").order_by("-pk").first()
    until = given.until if given is not None else link.expires_at - KEPT
    told = _about(case, item) | {"until": until, "language": link.language}
    return told | {
        "open": State(case.state) in OPEN_STATES,
        "may_object": State(case.state) in OPEN_STATES and until is not None and now < until,
        "objection": objection.kind if objection is not None else None,
    }


def object_to(token: str, text: str, *, now: datetime) -> None:
    """The gate stays shut for this item until somebody has answered. The words are sealed with the request."""
    _, item = _link(token, now)
    case, act = item.case, uuid4()
    if not text.strip() or len(text) > LONGEST_OBJECTION:
        raise BadInput(f"Write why you object, in at most {LONGEST_OBJECTION} characters.")
    if not seen(token, now=now)["may_object"]:
        raise Refused([Reason("too-late", "The time to object has ended; write to us instead.", "notice:window")])
    remark = remarks.sealed(case, text, act=act)
    with fence.together(act) as entered:
        Case.objects.select_for_update().get(pk=case.pk)
        row = NoticeFact.objects.create(item=item, kind=actions.RAISED, at=entered.now, by=HOLDER)
        if remark is not None:
            remark.save()
        actions.append(case, [row], actions.RAISED, None, by=HOLDER, now=entered.now, act=act)


def objections(case: Case) -> list[dict[str, Any]]:
    """Those that are open, with their words where the key holder answers; for the page of the request."""
    from abeyance.ledger.models import Entry

    raised = Entry.objects.filter(case=case.ref, kind="NoticeRecorded", by=HOLDER).order_by("pk")
    return [{"at": entry.at, "text": remarks.about(case, entry.act)} for entry in raised if entry.act is not None]


def _about(case: Case, item: Item) -> dict[str, Any]:
    """Nothing that names the account: whoever found the token by accident learns of no person."""
    demand, books = item.demand, policy.books()[0]
    law, mapped = books.entry(demand.instrument), books.map_of(item.service)
    return {
        "ref": case.ref,
        "operator": settings.ABEYANCE.operator_name or "",
        "contact": settings.ABEYANCE.operator_contact or "",
        "country": countries.in_text(demand.jurisdiction or ""),
        "instrument": f"{law.instrument} ({law.citation})" if law else demand.instrument or "",
        "service": mapped.title if mapped else item.service or "",
        "category": item.category or "",
        "fields": sorted(item.fields),
    }


def _link(token: str, now: datetime) -> tuple[NoticeLink, Item]:
    found = (
        NoticeLink.objects.select_related("item__case", "item__demand").filter(token_digest=_digest(token[:64])).first()
    )
    if found is None or now >= found.expires_at or found.item.case.erased_at is not None:
        raise NotFound("This page does not exist, or its time is over.")
    return found, found.item


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
