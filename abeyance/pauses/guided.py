"""A pause for somebody who has never declared one: a few plain questions, and everything else already filled in with
what is safe. What comes out is an ordinary draft, in which every axis can still be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from abeyance import countries as world
from abeyance.errors import BadInput
from abeyance.pauses.models import PauseRow
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.rules.terms import DemandKind, Stage

REVIEWED_AFTER = timedelta(days=90)
UNTIL = "the human-rights assessment is approved"


@dataclass(frozen=True)
class Template:
    """`statement` is published, so it is in the language of the public and not in the reader's."""

    code: str
    name: Promise
    statement: str


TEMPLATES = (
    Template(
        "new-law",
        _("A new law, or a new reading of one"),
        "We have paused our answers to requests for user data from {where}, while we assess a change of the law there, "
        "including formal human rights due diligence and consultations with experts.",
    ),
    Template(
        "misuse",
        _("An authority has misused what it was given, or asks against its own law"),
        "We have paused our answers to requests for user data from {where}, while we look into how such requests are "
        "made and used.",
    ),
    Template(
        "unrest",
        _("Unrest, a coup, a change of regime"),
        "We have paused our answers to requests for user data from {where}, because of what is happening there, while "
        "we assess what it means for the people who use our services.",
    ),
)
HOW_FAR = {
    "all": (_("Everything: nothing is weighed, answered or handed over"), tuple(Stage)),
    "answers": (_("Answers and hand-overs: requests are still weighed"), (Stage.ANSWER, Stage.RELEASE)),
    "release": (_("Hand-overs alone: answers are still prepared"), (Stage.RELEASE,)),
}
LIFE_AT_RISK = {
    "name": "life-at-risk",
    "sentence": "Danger to life, confirmed by calling back an authority that we know.",
    "kinds": [DemandKind.EMERGENCY.value],
    "instruments": [],
}


def countries() -> dict[str, str]:
    """Every country by code and name; first those that the directory and the law entries know."""
    known = {code: world.names().get(code, code) for code in sorted(_known())}
    return known | {code: name for code, name in world.names().items() if code not in known}


def _known() -> set[str]:
    law = {text.jurisdiction for text in policy.books()[0].law}
    return law | {agency.jurisdiction for agency in directory.agencies()}


def _country(said: str) -> str:
    """Raises BadInput: a name cut short or misspelt must not become another country's code."""
    found = world.code_of(said) or said.strip().upper()
    if found not in world.names() and found not in _known():
        raise BadInput("Say which country, by its name or its two letters, such as Hong Kong or HK.")
    return found


def document(said: Mapping[str, str], *, exception: bool, now: datetime) -> dict[str, Any]:
    """The draft that these answers make. Raises BadInput with the answer that is missing."""
    country = _country(said.get("country", ""))
    template = next((each for each in TEMPLATES if each.code == said.get("template")), TEMPLATES[0])
    statement = said.get("statement", "").strip() or template.statement.format(where=world.in_text(country))
    _label, stages = HOW_FAR.get(said.get("how_far", ""), HOW_FAR["all"])
    return {
        "name": _free_name(country, now),
        "jurisdictions": [country],
        "stages": [stage.value for stage in stages],
        "mode": "hold",
        "review_by": (now + REVIEWED_AFTER).date().isoformat(),
        "reason": said.get("reason", "").strip() or statement,
        "statement": statement,
        "conditions": [UNTIL],
        "exceptions": [LIFE_AT_RISK] if exception else [],
    }


def _free_name(country: str, now: datetime) -> str:
    """HK-2020-07, or the next that is free."""
    name = f"{country}-{now:%Y-%m}"
    taken = set(PauseRow.objects.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbered if each not in taken)
