"""The page behind a token by which an account holder, or their counsel, sees what was asked and objects."""

from __future__ import annotations

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
