"""Human-rights due diligence: what an assessment has to say, what of it is missing, and what must stand before a pause
may be lifted.

An assessment is a document of parts (texts) and three lists (impacts, options, mitigations). It is written in any
order; `missing` names what it lacks, and nothing that lacks something is approved. `may_lift` is asked when a lift is
proposed and again when it is agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from difflib import ndiff
from enum import StrEnum
from typing import Any

from abeyance.rules.decision import Reason
from abeyance.rules.pauses import Pause

LONGEST = 20_000  # characters of one part
MOST = 200  # entries of one list
LAW = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SCALE = range(1, 5)  # 1 slight, 4 grave; for likelihood 1 remote, 4 almost certain


@dataclass(frozen=True)
class Source:
    """`checked` False: said from memory, not yet read in the source; pages show it so."""

    code: str
    where: str
    checked: bool = False


@dataclass(frozen=True)
class Part:
    """`sources` say why it is asked. A part that is not `required` may stay empty."""

    code: str
    sources: tuple[str, ...]
    required: bool = True
    is_list: bool = False


SOURCES: Mapping[str, Source] = {
    source.code: source
    for source in (
        Source("ungp-17", "UN Guiding Principles on Business and Human Rights, principle 17", checked=True),
        Source("ungp-18", "UN Guiding Principles, principle 18"),
        Source("ungp-19", "UN Guiding Principles, principle 19"),
        Source("ungp-20", "UN Guiding Principles, principle 20", checked=True),
        Source("ungp-21", "UN Guiding Principles, principle 21"),
        Source("ungp-22", "UN Guiding Principles, principles 22 and 29 to 31"),
        Source("ungp-23", "UN Guiding Principles, principle 23"),
        Source("ungp-24", "UN Guiding Principles, principle 24"),
        Source("gni", "Global Network Initiative, Principles and Implementation Guidelines"),
        Source("telecom", "Telecommunications Industry Dialogue, Guiding Principles (2013)", checked=True),
        Source("rdr-g4a", "Ranking Digital Rights 2020, indicator G4(a)", checked=True),
    )
}

PARTS: tuple[Part, ...] = (
    Part("trigger", ("ungp-17", "gni")),
    Part("law-text", ("gni", "rdr-g4a")),
    Part("scope", ("ungp-17", "rdr-g4a")),
    Part("powers-over-firm", ("gni", "ungp-23")),
    Part("penalties-for-staff", ("telecom", "ungp-23")),
    Part("groups", ("ungp-18",)),
    Part("impacts", ("ungp-24", "ungp-17"), is_list=True),
    Part("harm-of-pause", ("ungp-17", "ungp-24")),
    Part("consulted", ("ungp-18",)),
    Part("not-consulted", ("ungp-18",), required=False),  # asked for when no affected group was consulted
    Part("linkage", ("ungp-19",)),
    Part("options", ("ungp-19", "ungp-23"), is_list=True),
    Part("decision", ("ungp-19",)),
    Part("dissent", ("ungp-19",)),
    Part("mitigations", ("ungp-19",), is_list=True),
    Part("metrics", ("ungp-20",)),
    Part("remedy", ("ungp-22",)),
    Part("publication", ("ungp-21", "rdr-g4a")),
    Part("withheld", ("ungp-21",), required=False),
    Part("advice", ("gni",), required=False),
)
TEXTS = tuple(part.code for part in PARTS if not part.is_list)
PUBLIC = "publication"  # its text is published when two people approve the version


@dataclass(frozen=True)
class Impact:
    """A right of a group: how grave (scale), how many (scope), how hard to undo (irremediability), how likely."""

    right: str
    group: str
    scale: int
    scope: int
    irremediability: int
    likelihood: int

    @property
    def severity(self) -> int:
        """The gravest of the three decides: what cannot be undone is severe though it meets few."""
        return max(self.scale, self.scope, self.irremediability)

    @property
    def weight(self) -> int:
        return self.severity * self.likelihood


@dataclass(frozen=True)
class Option:
    option: str
    residual_risk: str
    chosen: bool = False


@dataclass(frozen=True)
class Mitigation:
    measure: str
    owner: str
    due: str  # a date


@dataclass(frozen=True)
class Quote:
    """What somebody who was consulted said, with the digest to which they consented."""

    consultation: str
    seat: str
    text: str
    salt: str
    digest: str


@dataclass(frozen=True)
class Document:
    """What one version of an assessment says. `laws`: instruments, or the beginning of several; `privileged`: the parts
    that only counsel reads."""

    laws: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    privileged: frozenset[str] = frozenset()
    impacts: tuple[Impact, ...] = ()
    options: tuple[Option, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    quotes: tuple[Quote, ...] = ()

    def text(self, part: str) -> str:
        return self.parts.get(part, "")

    def ranked(self) -> tuple[Impact, ...]:
        """The most severe first; likelihood orders only what is equally severe."""
        return tuple(sorted(self.impacts, key=lambda each: (-each.severity, -each.likelihood, each.right)))


class Unreadable(ValueError):
    """The document is not right; the sentence names the key and what it should be."""


# --- reading and writing


def parse(document: Mapping[str, Any]) -> Document:
    """An assessment from TOML or JSON, strictly."""
    _only(document, ("laws", "parts", "privileged", "impacts", "options", "mitigations", "quotes"), "An assessment")
    laws = _texts(document.get("laws", []), "laws")
    if wrong := [law for law in laws if not LAW.fullmatch(law)]:
        raise Unreadable(f"laws: '{wrong[0][:40]}' is not an instrument's code such as hk-nsl43.")
    privileged = _texts(document.get("privileged", []), "privileged")
    if wrong := sorted(set(privileged) - set(TEXTS)):
        raise Unreadable(f"privileged: there is no part '{wrong[0][:40]}'. Parts: {', '.join(TEXTS)}.")
    if PUBLIC in privileged:
        raise Unreadable("publication is what the public reads; it cannot be privileged.")
    return Document(
        laws=tuple(sorted(set(laws))),
        parts=_parts(document.get("parts", {})),
        privileged=frozenset(privileged),
        impacts=tuple(_impact(each) for each in _entries(document, "impacts")),
        options=tuple(_option(each) for each in _entries(document, "options")),
        mitigations=tuple(_mitigation(each) for each in _entries(document, "mitigations")),
        quotes=tuple(_quote(each) for each in _entries(document, "quotes")),
    )


def as_document(said: Document) -> dict[str, Any]:
    """As plain JSON; `parse` reads it back."""
    return {
        "laws": list(said.laws),
        "parts": {part: said.parts[part] for part in TEXTS if said.parts.get(part)},
        "privileged": sorted(said.privileged),
        "impacts": [asdict(each) for each in said.impacts],
        "options": [asdict(each) for each in said.options],
        "mitigations": [asdict(each) for each in said.mitigations],
        "quotes": [asdict(each) for each in said.quotes],
    }


def _parts(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Unreadable("parts is a table of texts.")
    _only(value, TEXTS, "parts")
    if wrong := [key for key, text in value.items() if not isinstance(text, str) or len(text) > LONGEST]:
        raise Unreadable(f"parts.{wrong[0]} is a text of at most {LONGEST:,} characters.")
    return {key: text.replace("\r\n", "\n").strip() for key, text in value.items() if text.strip()}


def _entries(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = document.get(key, [])
    if not isinstance(value, list) or len(value) > MOST or any(not isinstance(each, Mapping) for each in value):
        raise Unreadable(f"{key} is a list of at most {MOST} tables.")
    return value


def _impact(entry: Mapping[str, Any]) -> Impact:
    keys = ("scale", "scope", "irremediability", "likelihood")
    _only(entry, ("right", "group", *keys), "An impact")
    marks = [entry.get(key) for key in keys]
    if any(isinstance(mark, bool) or mark not in SCALE for mark in marks):
        raise Unreadable("scale, scope, irremediability and likelihood of an impact are whole numbers from 1 to 4.")
    return Impact(_text(entry, "right"), _text(entry, "group"), *(int(str(mark)) for mark in marks))


def _option(entry: Mapping[str, Any]) -> Option:
    _only(entry, ("option", "residual_risk", "chosen"), "An option")
    chosen = entry.get("chosen", False)
    if not isinstance(chosen, bool):
        raise Unreadable("chosen is true or false.")
    return Option(_text(entry, "option"), _text(entry, "residual_risk"), chosen)


def _mitigation(entry: Mapping[str, Any]) -> Mitigation:
    _only(entry, ("measure", "owner", "due"), "A mitigation")
    due = entry.get("due")
    try:
        day = due if isinstance(due, date) else date.fromisoformat(str(due))
    except ValueError:
        raise Unreadable("due of a mitigation is a date such as 2021-01-31.") from None
    return Mitigation(_text(entry, "measure"), _text(entry, "owner"), day.isoformat()[:10])


def _quote(entry: Mapping[str, Any]) -> Quote:
    keys = ("consultation", "seat", "text", "salt", "digest")
    _only(entry, keys, "A quote")
    return Quote(*(_text(entry, key) for key in keys))


def _only(document: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    if unknown := sorted(set(document) - set(known)):
        raise Unreadable(f"{what} has no key '{str(unknown[0])[:40]}'. Known keys: {', '.join(known)}.")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Unreadable(f"{key} is a text of 1 to {LONGEST:,} characters.")
    return value.strip()


def _texts(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST or any(not isinstance(each, str) for each in value):
        raise Unreadable(f"{key} is a list of texts.")
    return value


# --- what is missing, and what has changed


@dataclass(frozen=True)
class Missing:
    part: str
    sentence: str


def missing(said: Document, *, affected_consulted: bool) -> tuple[Missing, ...]:
    """What must be there before two people may approve it."""
    found = [Missing("laws", "Name the laws that it is about.")] if not said.laws else []
    for part in PARTS:
        if part.required and not part.is_list and not said.text(part.code):
            found.append(Missing(part.code, f"The part {part.code} is empty."))
    if not affected_consulted and not said.text("not-consulted"):
        sentence = "No affected group was consulted: consult one, or say in the part not-consulted why not."
        found.append(Missing("not-consulted", sentence))
    if not said.impacts:
        found.append(Missing("impacts", "No impact on a right is weighed."))
    if len(said.options) < 2:
        found.append(Missing("options", "Weigh at least two options with what risk each leaves."))
    if sum(option.chosen for option in said.options) != 1:
        found.append(Missing("options", "Exactly one option is chosen."))
    if not said.mitigations:
        found.append(Missing("mitigations", "Name at least one measure, with who sees to it and by when."))
    return tuple(found)


@dataclass(frozen=True)
class Change:
    """Lines of one part that differ: "+" is new, "-" is gone, " " stands beside them."""

    part: str
    lines: tuple[tuple[str, str], ...]


def differences(old: Document, new: Document) -> tuple[Change, ...]:
    found = []
    for part in ("laws", *(each.code for each in PARTS), "quotes", "privileged"):
        before, after = _lines(old, part), _lines(new, part)
        if before != after:
            lines = tuple((line[0], line[2:]) for line in ndiff(before, after) if line[0] in "+- ")
            found.append(Change(part, lines))
    return tuple(found)


def _lines(said: Document, part: str) -> list[str]:
    if part == "laws":
        return list(said.laws)
    if part == "privileged":
        return sorted(said.privileged)
    if part == "impacts":
        return [
            f"{each.right} - {each.group}: severity {each.severity} ({each.scale}/{each.scope}/"
            f"{each.irremediability}), likelihood {each.likelihood}"
            for each in said.impacts
        ]
    if part == "options":
        return [f"{'[chosen] ' * each.chosen}{each.option}: {each.residual_risk}" for each in said.options]
    if part == "mitigations":
        return [f"{each.measure} - {each.owner}, by {each.due}" for each in said.mitigations]
    if part == "quotes":
        return [f"{each.consultation}/{each.seat}: {each.text}" for each in said.quotes]
    return said.text(part).splitlines()


# --- lifting


class Outcome(StrEnum):
    MET = "met"
    WAIVED = "waived"


@dataclass(frozen=True)
class Assessed:
    """How far the assessment of a pause is. `law` is the digest of the law's text as it was approved, `law_now` as it
    is in force; `owned`: its owner is still a member."""

    code: str
    newest: int
    approved: int | None
    approved_at: datetime | None
    law: str
    law_now: str
    review_by: date
    owned: bool = True


@dataclass(frozen=True)
class Standing:
    """What has been settled about a pause, each by two people."""

    conditions: Mapping[str, Outcome] = field(default_factory=dict)
    assessment: Assessed | None = None
    waived_at: datetime | None = None  # lifting without an assessment, with a published reason


def may_lift(pause: Pause, standing: Standing, closing_statement: str, *, today: date) -> tuple[Reason, ...]:
    """Why the pause may not be lifted; empty if it may. That two people say so is the proposal's own rule.

    The hold over a restored desk is no measure of ours and needs no assessment.
    """
    found = []
    if not closing_statement.strip():
        found.append(_no("no-closing-statement", "A pause ends with a closing statement; give one."))
    if pause.everything:
        return tuple(found)
    for number, condition in enumerate(pause.conditions, start=1):
        if condition not in standing.conditions:
            sentence = f"Condition {number} is open: {condition}. Two people find it met, or waive it with a reason."
            found.append(_no("condition-open", sentence))
    if not _waived(pause, standing):
        found += _against_assessment(pause, standing.assessment, today)
    return tuple(found)


def _waived(pause: Pause, standing: Standing) -> bool:
    return standing.waived_at is not None and not _is_older(standing.waived_at, pause)


def _against_assessment(pause: Pause, found: Assessed | None, today: date) -> list[Reason]:
    if found is None:
        sentence = (
            f"Pause {pause.name} has no assessment: begin one (`abeyance assessment begin --pause {pause.name}`), "
            f"or two people waive it with a published reason (`abeyance pause waive {pause.name} --reason ...`)."
        )
        return [_no("no-assessment", sentence)]
    if found.approved is None or found.approved_at is None:
        return [_no("not-approved", f"Assessment {found.code} is not approved by two people.")]
    reasons = []
    if found.newest > found.approved:
        sentence = (
            f"Version {found.newest} of assessment {found.code} is newer than the approved {found.approved}. "
            "Two people approve the newest."
        )
        reasons.append(_no("newer-version", sentence))
    if found.law != found.law_now:
        sentence = f"The law's text has changed since assessment {found.code} was approved; two people approve it anew."
        reasons.append(_no("older-law", sentence))
    if _is_older(found.approved_at, pause):
        sentence = f"Assessment {found.code} was approved before version {pause.version} of the pause; approve it anew."
        reasons.append(_no("older-pause", sentence))
    if is_overdue(found.review_by, today):
        sentence = (
            f"Assessment {found.code} was to be reviewed by {found.review_by.isoformat()}: "
            "two people prolong it with a published reason."
        )
        reasons.append(_no("overdue", sentence))
    if not found.owned:
        reasons.append(_no("no-owner", f"Assessment {found.code} has no owner any more; give it one."))
    return reasons


def _is_older(settled: datetime, pause: Pause) -> bool:
    return pause.declared_at is not None and settled < pause.declared_at


def is_overdue(review_by: date, today: date) -> bool:
    return today > review_by


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"diligence:{code}")
