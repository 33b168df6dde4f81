from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "abeyance.outbox"
    label = "outbox"
