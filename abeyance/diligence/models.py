"""Assessments and consultations.

What an assessment says is sealed under a key of its own, its privileged parts under another. The portal reads and
writes only what a guest needs: `Consultation`, `Seat`, `SeatMark`, `Message`, where every text is encrypted between the
browsers of those who take part, and `Statement`, which is public. It never learns which member sits where (`Host`).
"""

from __future__ import annotations

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abeyance.people.models import new_code

SEAT_NAMES = (
    *("alder", "aspen", "beech", "birch", "cedar", "elder", "hazel", "juniper", "laurel", "linden"),
    *("maple", "myrtle", "oak", "olive", "pine", "rowan", "spruce", "sycamore", "willow", "yew"),
)


def assessment_code() -> str:
    return new_code("a")


def consultation_code() -> str:
    return new_code("c")


def seat_names(count: int) -> list[str]:
    """Pseudonyms that say nothing: drawn by chance, never typed."""
    return secrets.SystemRandom().sample(SEAT_NAMES, count)


class Assessment(models.Model):
    """A living record. `pause` empty: about a market or a change, before there is a pause."""

    code = models.CharField(max_length=16, unique=True, default=assessment_code, editable=False)
    pause = models.CharField(max_length=64, default="")
    template = models.CharField(max_length=32)
    owner = models.CharField(max_length=16)
    review_by = models.DateField()
    begun_by = models.CharField(max_length=16)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pause"], condition=~models.Q(pause=""), name="one_assessment_of_a_pause")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def holder(self) -> str:
        return f"assessment:{self.code}"

    @property
    def privileged_holder(self) -> str:
        """Its own key: whoever opens the rest has not opened this."""
        return f"assessment-privileged:{self.code}"


class Version(models.Model):
    """Never edited. `digest` is of body and privileged part, with a salt that is in the body."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    body = models.BinaryField()
    privileged = models.BinaryField(null=True)
    marked = ArrayField(models.CharField(max_length=32), default=list)  # which parts are privileged
    laws = ArrayField(models.CharField(max_length=64), default=list)
    digest = models.BinaryField(max_length=32)
    by = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "number"], name="assessment_version_once")]

    @property
    def place(self) -> str:
        return f"version:{self.number}"


class Note(models.Model):
    """A comment on a part of one version."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="notes")
    version = models.IntegerField()
    part = models.CharField(max_length=32)
    text = models.BinaryField()
    by = models.CharField(max_length=16)
    at = models.DateTimeField()

    @property
    def place(self) -> str:
        return f"note:{self.version}:{self.part}"


class Statement(models.Model):
    """What is public of due diligence, in order and never edited: begun, approved, prolonged, a condition settled or
    open again, the assessment waived. It is the review log as well."""

    pause = models.CharField(max_length=64, db_index=True)
    assessment = models.CharField(max_length=16, default="")
    kind = models.CharField(max_length=16)
    condition = models.TextField(default="")
    text = models.TextField(default="")
    version = models.IntegerField(null=True)
    digest = models.BinaryField(max_length=32, null=True)
    law = models.CharField(max_length=64, default="")  # digest of the law's text as it was approved
    review_by = models.DateField(null=True)
    proposal = models.CharField(max_length=32, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["assessment", "kind"], name="statement_of_assessment")]


class Consultation(models.Model):
    """Between members and people outside. `risk` is the answer to what advising us may cost the expert; `age_first`:
    it is high, so that files come before this page. Nothing here names anybody."""

    code = models.CharField(max_length=16, unique=True, default=consultation_code, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="consultations")
    audience = models.CharField(max_length=16)
    risk = models.BinaryField()
    age_first = models.BooleanField()
    agreed_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Seat(models.Model):
    """Somebody who takes part, by a name drawn by chance. `secret`: digest of link and code, until they are used."""

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="seats")
    name = models.CharField(max_length=16)
    host = models.BooleanField(default=False)
    secret = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consultation", "name"], name="seat_once")]


class Host(models.Model):
    """Which member sits there. The portal's role does not read it."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="of_member")
    member = models.CharField(max_length=16)


class SeatMark(models.Model):
    """What whoever sits there has left, only ever added to: the link used (`visit`, with the digest of the return
    word), a public key of the browser (`key`) or for age files (`age`), a passage consented to (`yes`) or not (`no`).
    """

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat", "kind"], condition=models.Q(kind__in=["visit", "key", "age"]), name="seat_mark_once"
            )
        ]
        indexes = [models.Index(fields=["kind", "value"], name="seat_mark_value")]


class Message(models.Model):
    """Ciphertext only: encrypted in a browser to the keys of the seats (`form` sealed), or a file of age."""

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="messages")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE)
    form = models.CharField(max_length=8)
    body = models.BinaryField()
    at = models.DateTimeField()


class Line(models.Model):
    """A line about a request that may be told in a consultation once two people agree. Under the request's key, so that
    it is erased with it."""

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="lines")
    case = models.ForeignKey("casefile.Case", on_delete=models.CASCADE, related_name="+")
    text = models.BinaryField()
    proposal = models.CharField(max_length=32, default="")
    agreed_at = models.DateTimeField(null=True)

    @property
    def place(self) -> str:
        return f"consultation-line:{self.consultation_id}"
