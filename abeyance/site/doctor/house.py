"""The law and the people: what could never be answered, and what yields only *ask*."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings

from abeyance.errors import AbeyanceError
from abeyance.rules.answerable import InstrumentToAnswer, never_answerable
from abeyance.rules.instruments import Secrecy, Standing, standing
from abeyance.rules.policy import Books
from abeyance.site.doctor.finding import Finding, attention, good, wrong


def _books() -> Books:
    from abeyance.policy import queries

    return queries.books()[0]


def law(reader: str) -> Iterator[Finding]:
    try:
        books = _books()
    except AbeyanceError as problem:
        yield wrong("policy", str(problem))
        return
    now = datetime.now(UTC)
    found = Counter(standing(entry, books.adopted, now) for entry in books.entries.values())
    for state, count in found.items():
        if state is not Standing.IN_FORCE:
            yield attention("law", f"{count} law entries are {state.value}; they yield only that a person is asked.")
    if set(found) <= {Standing.IN_FORCE}:
        yield good("law", "Every law entry is adopted and checked.")


def people(reader: str) -> Iterator[Finding]:
    """An order that nobody here could ever answer should be known before it comes."""
    from abeyance.people import queries

    try:
        entries = _books().entries.values()
    except AbeyanceError:
        return
    asked = [InstrumentToAnswer(e.id, e.jurisdiction, e.secrecy is Secrecy.BY_THE_INSTRUMENT) for e in entries]
    stuck = never_answerable(
        asked,
        queries.takings(),
        queries.guarded_jurisdictions(),
        queries.positive_lists(),
        queries.house_rules().small_team,
    )
    for each in stuck:
        yield attention("people", f"{each.instrument.code} could never be answered: {each.reason.sentence}")
    if not stuck:
        yield good("people", "For every instrument there are members who could answer it.")


def factors(reader: str) -> Iterator[Finding]:
    """After a restore without the desk's secret nobody's one-time code would be right."""
    from allauth.mfa.models import Authenticator

    from abeyance.site import boxes
    from abeyance.site.signin.adapter import PURPOSE

    closed = 0
    for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP):
        try:
            boxes.open_(PURPOSE, row.data["secret"])
        except AbeyanceError:
            closed += 1
    if closed:
        yield wrong("sign-in", f"One-time codes of {closed} member(s) do not open. {boxes.SEALED_ELSEWHERE}")


def guidance(reader: str) -> Iterator[Finding]:
    """Whoever has officers at the door should find a text, and a number."""
    from abeyance.policy import advising

    try:
        without = advising.countries_without()
    except AbeyanceError:
        return
    for country in without:
        yield attention("guidance", f"There is no guidance for staff in {country}, where an entity is: /guidance/.")
    for country in advising.countries_advised():
        found = advising.guidance_for(country, "en")
        if not found.is_checked or not found.names_somebody:
            yield attention("guidance", f"The guidance for {country} is unchecked, or names no telephone.")


def contact(reader: str) -> Iterator[Finding]:
    chosen = settings.ABEYANCE
    missing = [name for name in ("operator_name", "operator_contact") if not getattr(chosen, name)]
    if missing:
        yield attention("settings", f"Letters need {' and '.join(missing)}: see docs/settings.md.")
    if not chosen.mail_host:
        yield attention("settings", "mail_host is not set, so mail is written and queued, and not sent.")
    elif chosen.mail_security == "none":
        yield attention("settings", "mail_security is none: letters cross the network readable.")
