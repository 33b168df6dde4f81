"""The closed lists. A value outside them does not exist; "not stated" is None, and None means: ask a person."""

from __future__ import annotations

from enum import StrEnum


class DataCategory(StrEnum):
    """What is asked for, by the names of ETSI TS 103 120 (RequestType, 8.3.5.2)."""

    SUBSCRIBER = "SubscriberData"
    IDENTIFYING = "UserIdentifyingData"
    TRAFFIC = "TrafficData"
    CONTENT = "StoredContentData"


class DemandKind(StrEnum):
    """What sort of demand it is. Each has a rule, a clock, a letter or a hand-off to counsel, and a count."""

    DISCLOSURE = "disclosure"
    EMERGENCY = "emergency"
    PRESERVATION = "preservation"
    DATA_SUBJECT = "data-subject"
    CONSENT = "consent"
    CIVIL = "civil"
    DEFENCE = "defence"
    ESTATE = "estate"
    WITNESS = "witness"
    TAKE_DOWN = "take-down"
    REAL_TIME = "real-time"
    DECRYPTION = "decryption"
    MISDIRECTED = "misdirected"


class RequesterKind(StrEnum):
    POLICE = "police"
    PROSECUTOR = "prosecutor"
    COURT = "court"
    SECURITY_SERVICE = "security-service"
    CENTRAL_AUTHORITY = "central-authority"
    REGULATOR = "regulator"
    LAWYER = "lawyer"
    PRIVATE = "private"


class Ground(StrEnum):
    """Why an item may leave. An emergency under 18 USC 2702 is never COMPELLED."""

    COMPELLED = "compelled"
    PERMITTED = "permitted"


class Stage(StrEnum):
    """The stages that a pause can freeze, in order. Intake is never frozen."""

    REVIEW = "review"
    ANSWER = "answer"
    RELEASE = "release"


class PauseMode(StrEnum):
    """What a pause does with what it covers. Whatever the mode, nothing that it covers is handed over, but for
    TREAT_AS, which holds nothing: it makes the answer at least as strict as another jurisdiction's would be."""

    HOLD = "hold"
    REFUSE = "refuse"
    REROUTE = "reroute"
    TREAT_AS = "treat-as"


class IdentifierKind(StrEnum):
    EMAIL = "email"
    TELEPHONE = "telephone"  # E.164
    USER_NAME = "user-name"
    MATRIX_ID = "matrix-id"
    IP_AND_TIME = "ip-and-time"
    ACCOUNT_ID = "account-id"


class PlaceSource(StrEnum):
    """Who says where an account holder is. AGREED is a finding of two people, and settles what was said before it."""

    CLERK = "clerk"
    SERVICE = "service"  # the country field of the service itself
    TELEPHONE = "telephone"  # the prefix of the number that the demand names
    AGREED = "agreed"


class Issuer(StrEnum):
    """Who signed the order, as a person found it in the papers."""

    JUDGE = "judge"  # a court or a magistrate
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    MINISTER = "minister"  # the executive, without a court
    CENTRAL_AUTHORITY = "central-authority"  # of the own State, by treaty


class Offence(StrEnum):
    """The class of the offence that is investigated: coarse on purpose, only what an exception may ask for."""

    STATE_SECURITY = "state-security"
    SPEECH = "speech"
    CHILD_ABUSE = "child-abuse"
    TRAFFICKING = "trafficking"
    VIOLENCE = "violence"
    THEFT_OR_FRAUD = "theft-or-fraud"
    DRUGS = "drugs"
    OTHER = "other"


class Need(StrEnum):
    """A need that a person confirmed by calling back. What was not confirmed is no need."""

    LIFE_AT_RISK = "life-at-risk"
    CHILD_SAFETY = "child-safety"
    MISSING_PERSON = "missing-person"
