"""The page behind a token by which an account holder, or their counsel, sees what was asked and objects."""

from __future__ import annotations

import secrets

from django.db import models


class NoticeLink(models.Model):
    """Kept as a digest. `channel` is how the notice was sent, `risk` what was thought of that before."""

    item = models.ForeignKey("casefile.Item", on_delete=models.CASCADE, related_name="notice_links")
    token_digest = models.BinaryField(max_length=32, unique=True)
    language = models.CharField(max_length=12)
    channel = models.CharField(max_length=12)
    risk = models.CharField(max_length=12)
    made_by = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()


ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """A random reference: H-7K2M-9QXD-4TWC."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"H-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class Hearing(models.Model):
    """A request to look at a pause again, from whoever it concerns. What it says is sealed under a key of its own."""

    code = models.CharField(max_length=16, unique=True, default=new_code, editable=False)
    pause = models.CharField(max_length=64)
    asker = models.CharField(max_length=16)
    channel = models.CharField(max_length=16)  # portal, post, mail, telephone
    said = models.BinaryField()  # sealed JSON: what it says, where to answer
    token_digest = models.BinaryField(max_length=32, unique=True)
    arrived_at = models.DateTimeField()
    due = models.DateTimeField()
    decided_by = models.CharField(max_length=16, null=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, default="")
    reason = models.BinaryField(default=b"")  # sealed; shown to who asked
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due"], name="hearing_due", condition=models.Q(decided_at=None))]

    def __str__(self) -> str:
        return self.code

    @property
    def holder(self) -> str:
        """The name under which `seals` keeps this hearing's key."""
        return f"hearing:{self.code}"
