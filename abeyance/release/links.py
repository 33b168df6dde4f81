"""A link with a code: the token goes one way, the code another, and each redemption passes the gate again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from abeyance import ledger
from abeyance.casefile.models import ALPHABET, Envelope, Link, Package
from abeyance.errors import NotFound, Refused
from abeyance.people import queries as people
from abeyance.release import actions, envelopes
from abeyance.release.envelopes import Leaving
from abeyance.release.ranges import ALL, Wanted
from abeyance.rules.decision import Reason
from abeyance.rules.events import AdminAct
from abeyance.rules.people import Permission

CODE_LENGTH = 10  # of 31 letters: 49 bits, and five wrong ones void the link
MOST_WRONG = 5
TICKET = "a link that was redeemed"  # what a ticket is signed for, and nothing else
GONE = "This link does not exist, has been used, or is past its time. Ask for a new one."


@dataclass(frozen=True)
class Made:
    """Shown once. `token` goes with the link, `code` by a second channel; the database keeps digests of both."""

    token: str
    code: str
    expires_at: datetime


def make(key: UUID, *, to: str, by: str, now: datetime) -> Made:
    """A link for one package and one of the agency's keys. It opens nothing by itself: the gate is asked each time."""
    people.require(by, Permission.PACKAGE_RELEASE, now)
    verdict = actions.could_leave(key, to=to, by=by)
    if not verdict.allowed:
        raise Refused(verdict.reasons)
    token, code = secrets.token_urlsafe(32), "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with transaction.atomic():
        package = Package.objects.select_related("case").get(pk=key)
        link = Link.objects.create(
            package=package,
            token_digest=_digest(token),
            code_digest=_digest(code),
            agency_key=to,
            made_by=by,
            made_at=now,
            expires_at=min(package.expires_at, now + timedelta(hours=settings.ABEYANCE.package_link_hours)),
        )
        told = AdminAct(act="link-made", subject=to)
        ledger.append(told, by=by, now=now, holder=package.case.holder, case=package.case.ref)
    return Made(token, f"{code[:5]}-{code[5:]}", link.expires_at)


def redeem(token: str, code: str, wanted: Wanted = ALL, *, now: datetime) -> Leaving:
    """One hand-over attempt. A wrong code is counted, also when many are tried at once; five void the link."""
    return _handed_over(_checked(token, code, now), wanted)


def ticket(token: str, code: str, *, now: datetime) -> str:
    """For a browser, so that it goes on after a break without the code lying in it: good as long as the link is."""
    return signing.dumps(bytes(_checked(token, code, now).token_digest).hex(), salt=TICKET)


def redeem_ticket(ticket: str, wanted: Wanted = ALL, *, now: datetime) -> Leaving:
    try:
        digest = bytes.fromhex(signing.loads(ticket[:500], salt=TICKET))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound(GONE) from None
    return _handed_over(_standing(Link.objects.filter(token_digest=digest), now), wanted)


def void(key: UUID, *, by: str, now: datetime) -> int:
    """Make every link of a package void, at once."""
    people.require(by, Permission.CASE_RECALL, now)
    with transaction.atomic():
        voided = Link.objects.filter(package_id=key, void_at=None).update(void_at=now)
    envelopes.destroy(Envelope.objects.filter(package_id=key))
    return voided


def _handed_over(link: Link, wanted: Wanted) -> Leaving:
    """A link that is made void, or whose time ends, cuts what runs under it."""

    def still() -> None:
        _standing(Link.objects.filter(pk=link.pk), datetime.now(UTC))

    key, to = link.package_id, link.agency_key
    return envelopes.hand_over(key, to=to, channel="api", by=link.made_by, wanted=wanted, still=still)


def _standing(links: QuerySet[Link], now: datetime) -> Link:
    link = links.first()
    if link is None or link.void_at or link.confirmed_at or now >= link.expires_at:
        raise NotFound(GONE)
    return link


def _checked(token: str, code: str, now: datetime) -> Link:
    given = code.replace("-", "").replace(" ", "").upper()[:64]
    with transaction.atomic():
        link = _standing(Link.objects.select_for_update().filter(token_digest=_digest(token[:128])), now)
        right = hmac.compare_digest(bytes(link.code_digest), _digest(given))
        if not right:
            link.wrong_codes += 1
            link.void_at = now if link.wrong_codes >= MOST_WRONG else None
            link.save(update_fields=["wrong_codes", "void_at"])
    if not right:
        sentence = (
            "The code is not right. It came by another way than the link; after five wrong ones the link is void."
        )
        raise Refused([Reason("wrong-code", sentence, "release:code")])
    return link


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
