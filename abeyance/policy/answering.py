"""What law or policy leaves open, answered by a text: the one in force with a beginning of what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from abeyance.errors import BadInput, NotFound
from abeyance.policy import queries
from abeyance.policy.models import Current
from abeyance.rules.instruments import LawText
from abeyance.rules.terms import DataCategory, DemandKind, Ground
from abeyance.rules.texts import is_code

ANSWER = """
# Counsel's answer for one country. Say what this law allows (outcome: proceed, narrow, reroute or refuse), where it
# says so, and what was read; then propose the text. Once it is agreed to, adopt the new entry: only then it counts.
[[outbound]]
id = "{id}"
answers = "{entry}"
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


CLAUSE = """
# For demands of which no clause speaks. Say what becomes of them (outcome: proceed, narrow, ask, reroute or refuse) and
# why, in a sentence that requesters may read; what stands under [clause.when] must all be so.
[[clause]]
id = "{id}"
sentence = ""
outcome = "ask"
[clause.when]
kinds = ["{kind}"]
grounds = ["{ground}"]
jurisdictions = ["{to}"]
instruments = ["{under}"]
"""
OF_A_CLAUSE = "clause"  # instead of an outbound entry


def text_with_clause(asked: Mapping[str, str]) -> str:
    """The policy in force, with the beginning of a clause for such demands. `asked`: "to" and "under" as below, and the
    "kind" and "ground" of the demand."""
    to, under = asked.get("to", ""), asked.get("under", "")
    if not (_is_country(to) and is_code(under)):
        raise BadInput("Say first which country asks, and under which law.")
    kinds, grounds = {each.value for each in DemandKind}, {each.value for each in Ground}
    said = CLAUSE.format(
        id=f"{to.lower()}-asks-under-{under}"[:64],
        to=to,
        under=under,
        kind=asked["kind"] if asked.get("kind") in kinds else DemandKind.DISCLOSURE.value,
        ground=asked["ground"] if asked.get("ground") in grounds else Ground.COMPELLED.value,
    )
    return f"{queries.body('policy', 'desk').body.rstrip()}\n{said}"


def text_answering(entry: str, asked: Mapping[str, str], *, today: date) -> str:
    """The text in force that has this outbound entry, with the beginning of an answer to it. `asked`: "to" whom it
    would be given, "under" which instrument, of which "category"."""
    name, text = _text_of(entry)
    found = next(each for each in text.outbound if each.id == entry)
    to = asked.get("to", "")
    under = asked.get("under", "")
    category = asked.get("category", "")
    if not (_is_country(to) and is_code(under) and category in {each.value for each in DataCategory}):
        raise BadInput("Say first which country asks, under which law, and for which category of data.")
    said = ANSWER.format(
        id=_free(
            f"{entry}-{to.lower()}"[:60], {each.id for each in text.outbound} | {each.id for each in text.entries}
        ),
        entry=entry,
        to=to,
        under=under,
        category=category,
        citation=found.citation.replace("\\", "").replace('"', ""),
        today=today.isoformat(),
    )
    return f"{queries.body('law', name).body.rstrip()}\n{said}"


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(n for n in (f"{name}-{k}" for k in range(2, 999)) if n not in taken)


def _is_country(said: str) -> bool:
    return len(said) == 2 and said.isascii() and said.isalpha() and said.isupper()


def _text_of(entry: str) -> tuple[str, LawText]:
    for name in Current.objects.filter(kind="law").order_by("name").values_list("name", flat=True):
        found = queries.current("law", name)
        if isinstance(found, LawText) and any(each.id == entry for each in found.outbound):
            return name, found
    raise NotFound(f"There is no law entry {entry!r}. `abeyance policy list` shows them.")
