"""What a law leaves to counsel, answered for one country: its text with one entry more, for counsel to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from abeyance.errors import NotFound
from abeyance.policy import queries
from abeyance.policy.models import Current
from abeyance.rules.instruments import LawText
from abeyance.rules.terms import DataCategory
from abeyance.rules.texts import is_code

ANSWER = """
# Counsel's answer for one country. Say what this law allows (outcome: proceed, narrow, reroute or refuse), where it
# says so, and what was read; then propose the text. Once it is agreed to, adopt the new entry: only then it counts.
[[outbound]]
id = "{id}"
recipients = ["{to}"]
instruments = ["{under}"]
categories = ["{category}"]
outcome = "ask"
citation = "{citation}"
sentence = ""
source = ""
date_checked = {today}
checked = "unchecked"
"""


def text_answering(entry: str, asked: Mapping[str, str], *, today: date) -> str:
    """The text in force that has this outbound entry, with the beginning of an answer to it. `asked`: "to" whom it
    would be given, "under" which instrument, of which "category"; what is no such code is "any"."""
    name, text = _text_of(entry)
    found = next(each for each in text.outbound if each.id == entry)
    to = asked.get("to", "")
    under = asked.get("under", "")
    category = asked.get("category", "")
    to = to if len(to) == 2 and to.isalpha() and to.isupper() else "any"
    said = ANSWER.format(
        id=f"{entry}-{to.lower()}"[:64],
        to=to,
        under=under if is_code(under) else "any",
        category=category if category in {each.value for each in DataCategory} else DataCategory.SUBSCRIBER.value,
        citation=found.citation.replace("\\", "").replace('"', ""),
        today=today.isoformat(),
    )
    return f"{queries.body('law', name).body.rstrip()}\n{said}"


def _text_of(entry: str) -> tuple[str, LawText]:
    for name in Current.objects.filter(kind="law").order_by("name").values_list("name", flat=True):
        found = queries.current("law", name)
        if isinstance(found, LawText) and any(each.id == entry for each in found.outbound):
            return name, found
    raise NotFound(f"There is no law entry {entry!r}. `abeyance policy list` shows them.")
