"""Figures for Prometheus: how the desk is, and nothing of who is targeted, who works here, or which countries ask.

Requests that not every member may read are not counted, so that no number betrays one.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from abeyance import outbox
from abeyance.casefile import door
from abeyance.ledger import publication
from abeyance.pauses import store
from abeyance.rules.people import OPERATOR_CODE
from abeyance.site import answers
from abeyance.site.oncall.models import Alarm
from abeyance.site.oncall.paging import REQUEST, RISE


def metrics(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.ABEYANCE.metrics_token
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        return answers.not_found(request)
    return HttpResponse(generate_latest(_figures(datetime.now(UTC))), content_type="text/plain; version=0.0.4")


def _figures(now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        Gauge(f"abeyance_{name}", meaning, registry=registry).set(value)

    cases = door.visible_to(OPERATOR_CODE).filter(closed_at=None)
    states = Gauge("abeyance_requests_open", "open requests by state", ["state"], registry=registry)
    for state, count in cases.values_list("state").annotate(n=Count("pk")).order_by():
        states.labels(state).set(count)
    gauge("requests_overdue", "open requests past a due date", cases.filter(next_due__lt=now).count())
    gauge("pauses_in_force", "pauses in force", store.rows_in_force().count())
    about = Q(case__in=cases.values("ref")) | ~Q(case__startswith=REQUEST) & ~Q(kind=RISE)
    gauge(
        "alarms_unacknowledged",
        "alarms that nobody has acknowledged",
        Alarm.objects.filter(about, acknowledged_at=None).count(),
    )
    gauge("jobs_waiting", "jobs that wait", outbox.waiting())
    gauge("jobs_overdue", "jobs that should have been done an hour ago", outbox.overdue())
    gauge("jobs_given_up", "jobs that were given up", len(outbox.failures()))
    newest = publication.newest()
    if newest is not None:
        gauge("checkpoint_age_seconds", "age of the newest checkpoint", (now - newest.at).total_seconds())
    return registry
