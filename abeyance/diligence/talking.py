"""What those who take part in a consultation do: come in, leave a public key, write, send a file of age, consent.

The portal does this with a role that reads four tables and no member. Everything written is ciphertext: an envelope
that a browser made, or a file of age; whatever has not that form is refused and never stored.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.db.models.functions import Length

from abeyance.diligence.consulting import is_live, secret_of
from abeyance.diligence.models import Consultation, Message, Seat, SeatMark
from abeyance.errors import BadInput, NotFound, SomeoneElseWasFirst

AGE_BEGINS = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
AGE_KEY = re.compile(r"age1[ac-hj-np-z02-9]{58}")
DIGEST = re.compile(r"[0-9a-f]{64}")
LARGEST_FILE, LARGEST_ENVELOPE, MOST_MESSAGES = 5 * 2**20, 256 * 1024, 2000
MOST_BYTES = 200 * 2**20  # of one consultation: whoever was invited must not fill the disk
MOST_CONSENTS = 1000  # of one seat
POINT = 65  # bytes of an uncompressed point of P-256
OVER = "This consultation does not exist, is over, or the link or code is not right. Ask whoever invited you."


def enter(token: str, code: str, *, now: datetime) -> str:
    """Once: link and code together. What comes back is the return word, kept by the guest and here as a digest."""
    seat = Seat.objects.select_related("consultation").filter(secret=secret_of(token, code)).first()
    if seat is None or not is_live(seat.consultation, now):
        raise NotFound(OVER)
    word = secrets.token_urlsafe(24)
    try:
        with transaction.atomic():
            SeatMark.objects.create(seat=seat, kind="visit", value=_digest(word), at=now)
    except IntegrityError:
        raise SomeoneElseWasFirst("This link was used already. Come back with your return word or key file.") from None
    return word


def seat_for(word: str, *, now: datetime) -> Seat | None:
    """Whose return word this is, while the consultation lasts."""
    if not word:
        return None
    mark = SeatMark.objects.select_related("seat__consultation").filter(kind="visit", value=_digest(word[:64])).first()
    return mark.seat if mark is not None and is_live(mark.seat.consultation, now) else None


def leave_key(seat: Seat, kind: str, value: str, *, now: datetime) -> None:
    """A public key, once; whoever has lost its other half asks for a new seat."""
    _live(seat, now)
    right = _is_point(value) if kind == "key" else AGE_KEY.fullmatch(value) is not None if kind == "age" else False
    if not right:
        raise BadInput("That is no public key: one of age begins with age1.")
    try:
        with transaction.atomic():
            SeatMark.objects.create(seat=seat, kind=kind, value=value, at=now)
    except IntegrityError:
        raise SomeoneElseWasFirst("There is a key of this kind already, and it cannot be replaced.") from None


def say(seat: Seat, envelope: str, *, now: datetime) -> None:
    _live(seat, now)
    _keep(seat, "sealed", _checked(envelope, seat), now)


def send_file(seat: Seat, content: bytes, *, now: datetime) -> None:
    _live(seat, now)
    if len(content) > LARGEST_FILE or not content.startswith(AGE_BEGINS):
        raise BadInput(f"Send a file encrypted with age, of at most {LARGEST_FILE // 2**20} MiB; nothing else is kept.")
    _keep(seat, "age", content, now)


def consent(seat: Seat, digest: str, *, given: bool, now: datetime) -> None:
    """To a passage of one's own words, by its digest; the last word counts."""
    _live(seat, now)
    if not DIGEST.fullmatch(digest):
        raise BadInput("A passage is named by the 64 letters and digits that came with it.")
    if SeatMark.objects.filter(seat=seat, kind__in=["yes", "no"]).count() >= MOST_CONSENTS:
        raise BadInput("There are as many answers to passages as one seat may give.")
    SeatMark.objects.create(seat=seat, kind="yes" if given else "no", value=digest, at=now)


def shown(seat: Seat) -> dict[str, Any]:
    """What a browser needs to read and write: keys, ciphertext, consents."""
    consultation = seat.consultation
    marks = list(SeatMark.objects.filter(seat__consultation=consultation).order_by("pk"))
    keys = {(mark.seat_id, mark.kind): mark.value for mark in marks if mark.kind in ("key", "age")}
    seats = list(consultation.seats.order_by("pk"))
    names = {each.pk: each.name for each in seats}
    messages = list(consultation.messages.filter(form="sealed").order_by("pk")[:MOST_MESSAGES])
    # A page is asked for every few seconds; files stay in the database until somebody wants one.
    sizes = consultation.messages.filter(form="age").order_by("pk").values_list("pk", "seat_id", "at", Length("body"))
    return {
        "seats": [
            {
                "name": each.name,
                "host": each.host,
                "key": keys.get((each.pk, "key"), ""),
                "age": keys.get((each.pk, "age"), ""),
            }
            for each in seats
        ],
        "messages": [
            {"id": row.pk, "seat": names[row.seat_id], "at": row.at.isoformat(), "envelope": bytes(row.body).decode()}
            for row in messages
        ],
        "files": [
            {"id": pk, "seat": names[seat_id], "at": at.isoformat(), "size": size}
            for pk, seat_id, at, size in sizes[:MOST_MESSAGES]
        ],
        "consents": [
            {"seat": names[mark.seat_id], "digest": mark.value, "given": mark.kind == "yes"}
            for mark in marks
            if mark.kind in ("yes", "no")
        ],
    }


def file(consultation: Consultation, number: int) -> bytes:
    found = consultation.messages.filter(pk=number, form="age").first()
    if found is None:
        raise NotFound("There is no such file in this consultation.")
    return bytes(found.body)


def _keep(seat: Seat, form: str, body: bytes, now: datetime) -> None:
    kept = Message.objects.filter(consultation_id=seat.consultation_id).aggregate(
        n=Count("pk"), size=Sum(Length("body"))
    )
    if kept["n"] >= MOST_MESSAGES or (kept["size"] or 0) + len(body) > MOST_BYTES:
        raise BadInput("This consultation holds as many messages as it may; end it and open another.")
    Message.objects.create(consultation_id=seat.consultation_id, seat=seat, form=form, body=body, at=now)


def _live(seat: Seat, now: datetime) -> None:
    if not is_live(seat.consultation, now):
        raise NotFound(OVER)


def _checked(envelope: str, seat: Seat) -> bytes:
    """The envelope in one spelling; anything that could be plain text is refused."""
    wrong = BadInput("This was not encrypted in your browser, so it was not kept.")
    if len(envelope) > LARGEST_ENVELOPE:
        raise BadInput("The message is too long; send it as a file.")
    try:
        said = json.loads(envelope)
        _sized(said, salt=16, iv=12)
        if said["v"] != 1 or set(said) != {"v", "salt", "iv", "text", "wraps"} or len(_bytes(said["text"])) < POINT:
            raise wrong
        names = set(Seat.objects.filter(consultation_id=seat.consultation_id).values_list("name", flat=True))
        if not said["wraps"] or not set(said["wraps"]) <= names:
            raise wrong
        for wrap in said["wraps"].values():
            _sized(wrap, iv=12, key=48)
            if set(wrap) != {"iv", "key"}:
                raise wrong
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise wrong from None
    if not _looks_random(_bytes(said["text"])):
        raise wrong
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _looks_random(text: bytes) -> bool:
    """Half of the bytes of ciphertext have their highest bit set, and of plain English none: enough to notice a page
    that forgot to encrypt."""
    high = sum(byte >= 128 for byte in text)
    return high * 5 >= len(text)


def _sized(said: Mapping[str, Any], **sizes: int) -> None:
    for name, size in sizes.items():
        if len(_bytes(said[name])) != size:
            raise ValueError(name)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _is_point(value: str) -> bool:
    try:
        found = _bytes(value)
    except ValueError:
        return False
    return len(found) == POINT and found[0] == 4


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
