"""Dates in the reader's zone, sizes with their unit, and codes as words; in every template without being loaded."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from abeyance.site import sentences

register = template.Library()
A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def as_moment(value: object) -> datetime | None:
    """A datetime, or the text of one as our JSON documents have it."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and value:
        try:
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    return None


@register.filter
def when(value: object) -> SafeString | str:
    """6 Jul 2020, 14:03 HKT; the record's own UTC is in the element and its title."""
    moment = as_moment(value)
    if moment is None:
        return ""
    here = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    exact = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = f"{sentences.day(here)}, {here:%H:%M} {here.tzname() or ''}"
    # There are many on a page: only the words need an escape, since numbers have none.
    return SafeString(f'<time datetime="{exact}" title="{exact}">{escape(said)}</time>')


@register.filter
def day(value: object) -> SafeString | str:
    moment = as_moment(value)
    if moment is None:
        return str(value or "")
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), sentences.day(timezone.localtime(moment)))


@register.filter
def left(value: object) -> str:
    """How long until then: "in 3 h 20 min", "2 days ago"."""
    moment = as_moment(value)
    if moment is None:
        return ""
    span = moment - timezone.now()
    said = spell(abs(span))
    return _("in %(span)s") % {"span": said} if span >= timedelta() else _("%(span)s ago") % {"span": said}


def spell(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(h)s h %(m)02d min") % {"h": minutes // 60, "m": minutes % 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.filter
def size(value: Any) -> str:
    """Bytes in the unit that a person reads: 12 KiB."""
    number = float(value or 0)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            return f"{number:.0f} {unit}" if unit == "B" or number >= 10 else f"{number:.1f} {unit}"
        number /= 1024
    return ""


@register.filter
def spoken(value: object) -> str:
    """A code as words of the reader's language, where there are some."""
    return sentences.spoken(str(value or ""))


@register.filter
def told(value: object) -> str:
    """A sentence of the rules or of the record in the reader's language."""
    return sentences.told(str(value or ""))


@register.filter
def said(value: object) -> SafeString | str:
    """A value of a form or a record: a moment in the reader's zone, anything else as it is."""
    return when(value) if isinstance(value, str) and A_MOMENT.fullmatch(value) else str(value or "")


# A sentence is the same for page, command line and API; where it names a command, a page leads to where that is done.
A_COMMAND = re.compile(r"`abeyance ([a-z]+)[^`]*`|(?<=[(:] )abeyance ([a-z]+)[^).]*|(?<=\()abeyance ([a-z]+)[^).]*")
DONE_AT: dict[str, tuple[str, Promise]] = {
    "agency": ("agencies", gettext_lazy("Agencies")),
    "assessment": ("assessments", gettext_lazy("Assessments")),
    "consultation": ("assessments", gettext_lazy("Assessments")),
    "hearing": ("hearings", gettext_lazy("Requests for review")),
    "jobs": ("jobs", gettext_lazy("Jobs")),
    "ledger": ("ledger", gettext_lazy("Ledger")),
    "member": ("members", gettext_lazy("Members")),
    "pause": ("pauses", gettext_lazy("Pauses")),
    "policy": ("policy", gettext_lazy("Policy and law")),
    "proposal": ("proposals", gettext_lazy("Proposals")),
    "refusals": ("refusals", gettext_lazy("Refusals in batch")),
    "request": ("requests", gettext_lazy("Requests")),
    "service": ("services", gettext_lazy("Services")),
    "step": ("steps", gettext_lazy("Formal steps")),
}


@register.filter
def led(sentence: object) -> SafeString:
    """A sentence with a link in place of each command that it names."""
    made, at = SafeString(""), 0
    text = str(sentence or "")
    for found in A_COMMAND.finditer(text):
        made += escape(text[at : found.start()])
        made += _place_of(next(filter(None, found.groups())), found[0])
        at = found.end()
    return made + escape(text[at:])


def _place_of(name: str, command: str) -> SafeString:
    if name not in DONE_AT:
        return format_html("<code>{}</code>", command.strip("`"))
    address, label = DONE_AT[name]
    return format_html('<a href="{}">{}</a>', reverse(address), label)


RECALL_STEPS = {
    "deletion-asked": gettext_lazy("Deletion was asked for"),
    "deletion-confirmed": gettext_lazy("They confirm the deletion"),
    "deletion-refused": gettext_lazy("They refuse, or do not answer"),
    "recipient-blocked": gettext_lazy("Block the recipient now"),
    "breach-opened": gettext_lazy("It is a breach: open its record"),
    "no-breach": gettext_lazy("It is no breach"),
    "authority-told": gettext_lazy("The authority has been told"),
    "person-told": gettext_lazy("The account holder has been told"),
    "person-not-told": gettext_lazy("They are not told, for the reason noted"),
}


@register.filter
def act_said(step: str) -> object:
    """What a button about a step of a recall says."""
    return RECALL_STEPS.get(step, step)


@register.filter
def field(mapping: Any, name: object) -> Any:
    """`told|field:name`: an entry of a mapping by a name that is itself a value."""
    return mapping.get(name) if hasattr(mapping, "get") else None


@register.simple_tag
def localtime_value(value: object) -> str:
    """For a date and time field of a browser, which knows no zone: in the reader's."""
    moment = as_moment(value)
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""
