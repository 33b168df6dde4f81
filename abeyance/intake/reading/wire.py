"""A reading as one line of JSON, and back. The parent believes nothing: every value is checked for its type."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from abeyance.intake.reading.values import Authentication, Head, Limits, Part, Reading, Suggestion, Where

AT_HAND_SECONDS = 60.0  # one that was not asked for so long is not asked again, but replaced
IDLE_SECONDS = 90.0  # then it ends by itself


class GarbledError(ValueError):
    """What came back is not a reading."""


def written(reading: Reading) -> bytes:
    return json.dumps(asdict(reading), ensure_ascii=True, separators=(",", ":"), default=bytes.hex).encode()


def understood(line: bytes) -> Reading:
    try:
        said: dict[str, Any] = json.loads(line)
        return Reading(
            parts=tuple(_part(part) for part in said["parts"]),
            suggestions=tuple(_suggestion(suggestion) for suggestion in said["suggestions"]),
            marks=_texts(said["marks"]),
            head=_head(said["head"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise GarbledError from problem


def limits_written(limits: Limits) -> dict[str, float]:
    return asdict(limits)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GarbledError
    return value


def _perhaps(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise GarbledError
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise GarbledError
    return tuple(_text(value) for value in values)


def _part(said: dict[str, Any]) -> Part:
    return Part(
        path=_text(said["path"]),
        media_type=_text(said["media_type"]),
        size=_number(said["size"]),
        sha256=bytes.fromhex(_text(said["sha256"])),
        text=_texts(said["text"]),
        mark=_text(said["mark"]),
    )


def _suggestion(said: dict[str, Any]) -> Suggestion:
    place = said["where"]
    where = Where(_text(place["part"]), _number(place["page"]), _number(place["line"]))
    return Suggestion(_text(said["field"]), _text(said["value"]), where)


def _head(said: dict[str, Any]) -> Head:
    claims = said["authentication"]
    return Head(
        sender=_perhaps(said["sender"]),
        sender_name=_text(said["sender_name"]),
        reply_to=_perhaps(said["reply_to"]),
        addressed=_texts(said["addressed"]),
        subject=_text(said["subject"]),
        message_id=_perhaps(said["message_id"]),
        date=_text(said["date"]),
        authentication=Authentication(
            results=_texts(claims["results"]),
            spf=_texts(claims["spf"]),
            dkim_domains=_texts(claims["dkim_domains"]),
            return_path=_perhaps(claims["return_path"]),
        ),
    )
