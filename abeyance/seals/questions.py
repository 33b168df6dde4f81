"""The verbs of the key holder: each reads its arguments strictly, and answers with a document and bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from abeyance.errors import AbeyanceError, BadInput, Locked, NotFound, Refused, SomeoneElseWasFirst, Unsafe
from abeyance.rules.decision import Reason
from abeyance.seals.holding import Holder
from abeyance.seals.wire import Frame

Answered = tuple[dict[str, Any], list[bytes]]
KINDS: Mapping[str, type[AbeyanceError]] = {
    kind.__name__: kind for kind in (BadInput, Locked, NotFound, SomeoneElseWasFirst, Unsafe)
}


def answer(holder: Holder, frame: Frame) -> Answered:
    verb = VERBS.get(str(frame.said.get("verb")))
    if verb is None:
        raise BadInput("The key holder does not know that question.")
    return verb(holder, frame)


def problem_said(problem: AbeyanceError) -> dict[str, Any]:
    if isinstance(problem, Refused):
        return {"problem": "Refused", "reasons": [reason.as_dict() for reason in problem.reasons]}
    kind = next((name for name, kind in KINDS.items() if isinstance(problem, kind)), "Unsafe")
    return {"problem": kind, "sentence": str(problem)}


def problem_heard(said: Mapping[str, Any]) -> AbeyanceError:
    if said["problem"] == "Refused":
        return Refused([Reason(**reason) for reason in said["reasons"]])
    return KINDS.get(str(said["problem"]), Unsafe)(said.get("sentence", ""))


def _status(holder: Holder, _: Frame) -> Answered:
    return holder.status(), []


def _unlock(holder: Holder, frame: Frame) -> Answered:
    return holder.unlock(_optional(frame, "passphrase"), _optional(frame, "share")), []


def _lock(holder: Holder, _: Frame) -> Answered:
    return holder.lock(), []


def _unseal(holder: Holder, frame: Frame) -> Answered:
    places = frame.said.get("places")
    if not isinstance(places, list) or len(places) != len(frame.parts):
        raise BadInput("Each sealed thing has a place.")
    sealed = [(part, _as_text(place)) for part, place in zip(frame.parts, places, strict=True)]
    return {}, holder.unseal(_text(frame, "holder"), sealed)


def _file_key(holder: Holder, frame: Frame) -> Answered:
    return {}, [holder.file_key(_text(frame, "holder"), _only(frame), _text(frame, "place"))]


def _package_key(holder: Holder, frame: Frame) -> Answered:
    try:
        act = UUID(_text(frame, "act"))
    except ValueError:
        raise BadInput("A release is named by a UUID.") from None
    return {}, [holder.package_key(_text(frame, "holder"), _only(frame), _text(frame, "place"), act)]


def _digests(holder: Holder, frame: Frame) -> Answered:
    return {}, holder.digests(_text(frame, "field"), _text(frame, "value"))


def _sign(holder: Holder, frame: Frame) -> Answered:
    return {}, [holder.sign_checkpoint(_only(frame))]


def _rotate(holder: Holder, frame: Frame) -> Answered:
    days = _number(frame, "keep_digests_days")
    return holder.rotate(timedelta(days=days), give_up=frame.said.get("give_up") is True), []


def _to_passphrase(holder: Holder, frame: Frame) -> Answered:
    return holder.to_passphrase(_text(frame, "passphrase")), []


def _to_shares(holder: Holder, frame: Frame) -> Answered:
    return {"shares": holder.to_shares(_number(frame, "threshold"), _number(frame, "of"))}, []


VERBS: Mapping[str, Callable[[Holder, Frame], Answered]] = {
    "status": _status,
    "unlock": _unlock,
    "lock": _lock,
    "unseal": _unseal,
    "file_key": _file_key,
    "package_key": _package_key,
    "digests": _digests,
    "sign_checkpoint": _sign,
    "rotate": _rotate,
    "to_passphrase": _to_passphrase,
    "to_shares": _to_shares,
}


def _text(frame: Frame, name: str) -> str:
    return _as_text(frame.said.get(name))


def _as_text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 4000:
        raise BadInput("The key holder expected a text of at most 4000 characters.")
    return value


def _optional(frame: Frame, name: str) -> str | None:
    return _text(frame, name) if frame.said.get(name) is not None else None


def _number(frame: Frame, name: str) -> int:
    value = frame.said.get(name)
    if type(value) is not int or not 0 <= value <= 36525:
        raise BadInput("The key holder expected a small whole number.")
    return value


def _only(frame: Frame) -> bytes:
    if len(frame.parts) != 1:
        raise BadInput("The key holder expected one sealed thing.")
    return frame.parts[0]
