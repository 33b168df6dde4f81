"""The text of a pause, as a person writes it in TOML, turned into a `Pause`, strictly; and back again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from abeyance.rules.pauses import Pause, PauseException, ReviewRoute
from abeyance.rules.permissions import Permission, Role, roles_with
from abeyance.rules.terms import DemandKind, Issuer, Need, Offence, PauseMode, Stage

AXES = ("jurisdictions", "agencies", "related_to", "laws", "services", "brands", "companies", "subjects")
KEYS = (
    "name",
    *AXES,
    "stages",
    "new_only",
    "since",
    "mode",
    "treat_as",
    "reroute_to",
    "starts",
    "hold_release_meanwhile",
    "review_by",
    "reason",
    "statement",
    "conditions",
    "exceptions",
    "review",
)
REVIEW_KEYS = ("who", "how", "days")
LONGEST_REVIEW = 365  # days
CONDITIONS = ("kinds", "instruments", "issuers", "offences", "needs")  # of an exception
EXCEPTION_KEYS = ("name", "sentence", *CONDITIONS, "approvers", "if_ever_held")
MOST_APPROVERS = 2  # beside whoever proposes
NAME = re.compile(r"[A-Z0-9][A-Z0-9-]{1,47}")
COUNTRY = re.compile(r"[A-Z]{2}")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST = 10_000  # characters of one text
MOST = 500  # values on one axis

TEMPLATE = """\
# A pause. An empty or absent axis means "any"; axes are joined by AND. Delete what you do not need.
name = "XX-{year}-01"                 # capital letters, digits, hyphens
jurisdictions = ["XX"]              # who asks: country codes (ISO 3166-1 alpha-2)
agencies = []                       # ... or agencies of the directory, such as "xx-police"
related_to = []                     # ... or, whoever asks, what the matter is related to: country codes
laws = []                           # instruments; "xx-sec" covers every one that begins with it
services = []                       # of which services
brands = []                         # ... or of which brands, as the data maps name them
companies = []                      # ... or of which companies
subjects = []                       # where the account holder is; not known counts as covered
stages = ["review", "answer", "release"]
new_only = false                    # true: requests that arrived before it was declared go on
# since = {year}-06-30T00:00:00+08:00  # or: requests that arrived before this moment go on
mode = "hold"                       # or "refuse", "reroute", "treat-as"
# reroute_to = "US"                   # for "reroute": the State to which the treaty channel leads
# treat_as = "YY"                     # for "treat-as": the jurisdiction as which it is answered
# starts = {year}-12-31T00:00:00Z      # absent: from the moment it is declared
# hold_release_meanwhile = true       # with a later start: release is held from now on, and only its authors see why
review_by = {year}-12-31               # a date that passes alarms, and never resumes by itself
reason = "Why, for the desk."
statement = "Why, for the public."
conditions = ["the assessment is approved"]

# [[exceptions]]                    # announced with the pause, or they do not exist
# name = "life-at-risk"
# sentence = "Danger to life, confirmed by calling back."
# kinds = ["emergency"]             # each condition that is named must be met
# needs = ["life-at-risk"]          # what a person confirmed: life-at-risk, child-safety, missing-person
# issuers = []                      # who signed: judge, prosecutor, police, minister, central-authority
# offences = []                     # such as trafficking; state-security is one of them
# instruments = []
# approvers = ["counsel"]           # roles of those who agree beside whoever proposes; two roles are two people
# if_ever_held = ["approver", "counsel"]  # ... and for a matter that a pause has held before

# [review]                          # who hears agencies, account holders and victims; published with the pause
# who = "Two members of the board who did not declare it."
# how = "By the form beside this pause, or by post to our address."
# days = 30                         # within which they decide
"""


class Unreadable(ValueError):
    """The text of a pause is not right; the sentence names the key and what it should be."""


def parse_pause(document: Mapping[str, Any]) -> Pause:
    """A pause from a TOML document. Raises Unreadable."""
    _only(document, KEYS, "A pause")
    pause = Pause(
        name=_name(document),
        version=1,
        reason=_text(document, "reason"),
        statement=_text(document, "statement"),
        review_by=_date(document),
        jurisdictions=_codes(document, "jurisdictions", COUNTRY, "country codes such as HK"),
        agencies=_codes(document, "agencies", CODE, "agency codes such as hk-police"),
        related_to=_codes(document, "related_to", COUNTRY, "country codes such as HK"),
        laws=_codes(document, "laws", CODE, "instrument codes such as hk-nsl43"),
        services=_codes(document, "services", CODE, "service names in small letters"),
        brands=_codes(document, "brands", CODE, "brands as the data maps name them"),
        companies=_codes(document, "companies", CODE, "companies as the data maps name them"),
        subjects=_codes(document, "subjects", COUNTRY, "country codes such as HK"),
        stages=_stages(document),
        under_way=_under_way(document),
        since=_moment(document, "since"),
        mode=_enum(PauseMode, document.get("mode", "hold"), "mode"),
        treat_as=_country(document, "treat_as"),
        reroute_to=_country(document, "reroute_to"),
        starts_at=_moment(document, "starts"),
        hold_release_meanwhile=_flag(document, "hold_release_meanwhile"),
        conditions=tuple(_texts(document, "conditions")),
        exceptions=tuple(_exception(entry) for entry in _list(document, "exceptions")),
        review=_review(document),
    )
    if not any(getattr(pause, axis) for axis in AXES):
        raise Unreadable(f"The pause names nobody: give {', '.join(AXES[:-1])} or {AXES[-1]}.")
    _whole(pause)
    return pause


def _whole(pause: Pause) -> None:
    """What belongs to one mode is there with it, and with no other."""
    if (pause.mode is PauseMode.REROUTE) is not (pause.reroute_to is not None):
        raise Unreadable('reroute_to goes with mode = "reroute": the State to which the treaty channel leads.')
    if (pause.mode is PauseMode.TREAT_AS) is not (pause.treat_as is not None):
        raise Unreadable('treat_as goes with mode = "treat-as": the jurisdiction as which it is answered.')
    if pause.mode is not PauseMode.TREAT_AS:
        return
    if not pause.jurisdictions or pause.agencies or pause.related_to or pause.treat_as in pause.jurisdictions:
        raise Unreadable("treat-as answers jurisdictions as another one: name them, and no agencies or related_to.")
    if pause.stages != frozenset(Stage):
        raise Unreadable("treat-as is for every stage: leave stages out.")


def as_document(pause: Pause) -> dict[str, Any]:
    """The pause as plain JSON, as stored and as published; `from_document` reads it back. What was not stated is left
    out, so that the digest of an older pause stays the same."""
    stated: dict[str, Any] = {key: sorted(getattr(pause, key)) for key in ("related_to", "brands", "companies")}
    stated |= {"treat_as": pause.treat_as, "reroute_to": pause.reroute_to}
    stated |= {"since": pause.since.isoformat() if pause.since else None}
    stated |= {"review": _review_document(pause.review) if pause.review else None}
    return {key: value for key, value in stated.items() if value} | {
        "name": pause.name,
        "jurisdictions": sorted(pause.jurisdictions),
        "agencies": sorted(pause.agencies),
        "laws": sorted(pause.laws),
        "services": sorted(pause.services),
        "subjects": sorted(pause.subjects),
        "stages": [stage.value for stage in Stage if stage in pause.stages],
        "new_only": not pause.under_way,
        "mode": pause.mode.value,
        "starts": pause.starts_at.isoformat() if pause.starts_at else "",
        "hold_release_meanwhile": pause.hold_release_meanwhile,
        "review_by": pause.review_by.isoformat(),
        "reason": pause.reason,
        "statement": pause.statement,
        "conditions": list(pause.conditions),
        "exceptions": [exception_document(exception) for exception in pause.exceptions],
    }


def exception_document(exception: PauseException) -> dict[str, Any]:
    stated: dict[str, Any] = {key: sorted(getattr(exception, key)) for key in ("issuers", "offences", "needs")}
    stated |= {"approvers": list(exception.approvers), "if_ever_held": list(exception.if_ever_held)}
    return {key: value for key, value in stated.items() if value} | {
        "name": exception.name,
        "sentence": exception.sentence,
        "kinds": sorted(exception.kinds),
        "instruments": sorted(exception.instruments),
    }


def _review_document(route: ReviewRoute) -> dict[str, Any]:
    return {"who": route.who, "how": route.how, "days": route.days}


def _review(document: Mapping[str, Any]) -> ReviewRoute | None:
    if "review" not in document:
        return None
    entry = document["review"]
    if not isinstance(entry, dict):
        raise Unreadable("review is a table [review] with who, how and days.")
    _only(entry, REVIEW_KEYS, "A review")
    days = entry.get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LONGEST_REVIEW:
        raise Unreadable(
            f"review.days is a whole number from 1 to {LONGEST_REVIEW}: within how many days it is decided."
        )
    return ReviewRoute(_text(entry, "who"), _text(entry, "how"), days)


def _exception(entry: object) -> PauseException:
    if not isinstance(entry, dict):
        raise Unreadable("Each exception is a table [[exceptions]] with a name and a sentence.")
    _only(entry, EXCEPTION_KEYS, "An exception")
    exception = PauseException(
        name=_code(entry, "name"),
        sentence=_text(entry, "sentence"),
        kinds=_enums(DemandKind, entry, "kinds"),
        instruments=frozenset(_texts(entry, "instruments")),
        issuers=_enums(Issuer, entry, "issuers"),
        offences=_enums(Offence, entry, "offences"),
        needs=_enums(Need, entry, "needs"),
        approvers=_approvers(entry, "approvers"),
        if_ever_held=_approvers(entry, "if_ever_held"),
    )
    if not any(getattr(exception, condition) for condition in CONDITIONS):
        raise Unreadable(
            f"An exception must say what it is for: give {', '.join(CONDITIONS[:-1])} or {CONDITIONS[-1]}."
        )
    return exception


def _approvers(entry: Mapping[str, Any], key: str) -> tuple[Role, ...]:
    """Roles that may agree, in the order in which they are written."""
    able = roles_with(Permission.ANSWER_AGREE)
    roles = tuple(_enum(Role, role, key) for role in _texts(entry, key))
    if len(roles) > MOST_APPROVERS or not set(roles) <= able:
        known = ", ".join(sorted(role.value for role in able))
        raise Unreadable(f"{key} is a list of at most {MOST_APPROVERS} roles that may agree: {known}.")
    return roles


def _only(document: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise Unreadable(f"{what} has no key '{unknown[0]}'. Known keys: {', '.join(known)}.")


def _name(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Unreadable("name is 2 to 48 capital letters, digits and hyphens, such as HK-2020-07.")
    return name


def _code(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise Unreadable(f"{key} is a short code in small letters, such as life-at-risk.")
    return value


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Unreadable(f"{key} is a text of 1 to {LONGEST:,} characters.")
    return value.strip()


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key, [])
    if not isinstance(value, list) or len(value) > MOST:
        raise Unreadable(f"{key} is a list of at most {MOST} values.")
    return value


def _texts(document: Mapping[str, Any], key: str) -> list[str]:
    values = _list(document, key)
    if any(not isinstance(value, str) or not value.strip() or len(value) > LONGEST for value in values):
        raise Unreadable(f"{key} is a list of texts.")
    return values


def _codes(document: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str) -> frozenset[str]:
    values = _texts(document, key)
    wrong = [value for value in values if not pattern.fullmatch(value)]
    if wrong:
        raise Unreadable(f"{key}: '{wrong[0][:40]}' is not one of {what}.")
    return frozenset(values)


def _stages(document: Mapping[str, Any]) -> frozenset[Stage]:
    if "stages" not in document:
        return frozenset(Stage)
    stages = frozenset(_enum(Stage, value, "stages") for value in _texts(document, "stages"))
    if not stages:
        raise Unreadable("stages is empty, so the pause would hold nothing; leave it out to hold every stage.")
    return stages


def _enum(kind: Any, value: object, key: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise Unreadable(f"{key}: '{str(value)[:40]}' is not known. Known: {known}.") from None


def _enums(kind: Any, document: Mapping[str, Any], key: str) -> frozenset[Any]:
    return frozenset(_enum(kind, value, key) for value in _texts(document, key))


def _country(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key, "")
    if value == "":
        return None
    if not isinstance(value, str) or not COUNTRY.fullmatch(value):
        raise Unreadable(f"{key} is one country code, such as HK.")
    return value


def _under_way(document: Mapping[str, Any]) -> bool:
    """Whether requests under way are covered too; `since` covers some of them."""
    since = document.get("since", "") != ""
    if since and not document.get("new_only", True):
        raise Unreadable("since lets requests go on that arrived before it: leave new_only out, or set it to true.")
    return not since and not _flag(document, "new_only")


def _flag(document: Mapping[str, Any], key: str) -> bool:
    value = document.get(key, False)
    if not isinstance(value, bool):
        raise Unreadable(f"{key} is true or false.")
    return value


def _date(document: Mapping[str, Any]) -> date:
    value = document.get("review_by")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Unreadable("review_by is a date such as 2020-10-06; every pause must be looked at again.") from None


def _moment(document: Mapping[str, Any], key: str) -> datetime | None:
    value = document.get(key)
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(f"{key} is a date with a time and a zone, such as 2020-07-07T00:00:00+08:00.") from None
    if moment.tzinfo is None:
        raise Unreadable(f"{key} has no zone; write 2020-07-07T00:00:00+08:00 or end it with Z.")
    return moment.astimezone(UTC)
