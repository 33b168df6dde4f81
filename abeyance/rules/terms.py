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
    HOLD = "hold"
    REFUSE = "refuse"


class IdentifierKind(StrEnum):
    EMAIL = "email"
    TELEPHONE = "telephone"  # E.164
    USER_NAME = "user-name"
    MATRIX_ID = "matrix-id"
    IP_AND_TIME = "ip-and-time"
    ACCOUNT_ID = "account-id"
