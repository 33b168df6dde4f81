"""Notice is a fact that the gate asks for, per account. Missing means no.

A release may go when the account holder was told and the time to object is over without an open objection; or while a
cited order bars the notice until a date; or when the instrument itself forbids it; or while a deferral stands, with its
reason, the person who approved it, and the date on which it ends. A bar that has ended is no bar: then it is time to
tell, and the gate stays shut until that is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from abeyance.rules.clocks import Clock
from abeyance.rules.decision import Decision, Outcome, Reason
from abeyance.rules.instruments import ClockKind, Direction
from abeyance.rules.policy import Policy


class NoticeState(StrEnum):
    GIVEN = "given"
    BARRED = "barred"  # by a separate order, until a date
    FORBIDDEN = "forbidden"  # by the instrument itself
    DEFERRED = "deferred"  # by our own decision, with a reason


@dataclass(frozen=True)
class NoticeFacts:
    """What is recorded about telling one account holder. `until` ends a bar or a deferral; `since` is when it began."""

    account: str
    state: NoticeState | None = None
    given_at: datetime | None = None
    objection_until: datetime | None = None
    objection_open: bool = False
    since: datetime | None = None
    until: datetime | None = None
    citation: str = ""
    reason: str = ""
    approver: str = ""


def may_release(notice: NoticeFacts, now: datetime, *, policy: Policy) -> Decision:
    """PROCEED, or ASK with every reason why the notice does not carry a release yet."""
    against = tuple(_against(notice, now, policy))
    if against:
        return Decision(Outcome.ASK, against, policy.digest)
    return Decision(Outcome.PROCEED, (_in_favour(notice),), policy.digest)


def notice_clock(notice: NoticeFacts, policy: Policy) -> Clock | None:
    """The end of a bar or a deferral: then the account holder must be told. A window to object is a not-before."""
    if notice.state in (NoticeState.BARRED, NoticeState.DEFERRED) and notice.until is not None:
        sentence = f"What keeps the account holder from being told ({notice.state.value}) ends; tell them then."
        return _clock(Direction.DUE_BY, ClockKind.NOTICE, notice.until, notice, sentence)
    if notice.state is NoticeState.FORBIDDEN and notice.until is not None:
        sentence = "The instrument forbids notice until then; tell the account holder afterwards."
        return _clock(Direction.DUE_BY, ClockKind.NOTICE, notice.until, notice, sentence)
    if notice.state is NoticeState.GIVEN and notice.given_at is not None:
        sentence = "The account holder may object until then."
        return _clock(Direction.NOT_BEFORE, ClockKind.RELEASE, _window_ends(notice, policy), notice, sentence)
    return None


def _clock(direction: Direction, kind: ClockKind, at: datetime, notice: NoticeFacts, sentence: str) -> Clock:
    return Clock(kind, direction, at, "notice", notice.citation, sentence)


def _window_ends(notice: NoticeFacts, policy: Policy) -> datetime:
    """The later of what was promised to the account holder and what the policy gives everybody."""
    assert notice.given_at is not None
    ends = notice.given_at + policy.notice.objection_window
    return max(ends, notice.objection_until or ends)


def _against(notice: NoticeFacts, now: datetime, policy: Policy) -> Iterator[Reason]:
    if notice.objection_open:
        yield _no("objection-open", "The account holder has objected, and the objection is not answered yet.")
    if notice.state is None:
        yield _no("notice-missing", "Nothing is recorded about telling the account holder.")
    elif notice.state is NoticeState.GIVEN:
        yield from _against_given(notice, now, policy)
    elif notice.state is NoticeState.BARRED:
        yield from _against_barred(notice, now)
    elif notice.state is NoticeState.FORBIDDEN:
        yield from _against_forbidden(notice, now)
    else:
        yield from _against_deferred(notice, now, policy)


def _against_given(notice: NoticeFacts, now: datetime, policy: Policy) -> Iterator[Reason]:
    if notice.given_at is None or notice.given_at > now:
        yield _no("notice-missing", "Notice is said to be given, and the moment is not recorded.")
    elif now < _window_ends(notice, policy):
        yield _no("objection-window", "The time in which the account holder may object is not over.")


def _against_barred(notice: NoticeFacts, now: datetime) -> Iterator[Reason]:
    if not notice.citation.strip():
        yield _no("bar-without-order", "Notice is said to be barred, and no order is cited.")
    yield from _against_end(notice, now, "bar")


def _against_forbidden(notice: NoticeFacts, now: datetime) -> Iterator[Reason]:
    if not notice.citation.strip():
        yield _no("forbidden-without-law", "The instrument is said to forbid notice, and the provision is not cited.")
    if notice.until is not None and now >= notice.until:
        yield _no("bar-over", "The time in which notice was forbidden is over: tell the account holder first.")


def _against_deferred(notice: NoticeFacts, now: datetime, policy: Policy) -> Iterator[Reason]:
    if not notice.reason.strip() or not notice.approver.strip():
        yield _no("deferral-unfounded", "Notice is deferred without a reason or without the person who approved it.")
    yield from _against_end(notice, now, "deferral")
    longest = policy.notice.longest_deferral
    if notice.since is None or (notice.until is not None and notice.until - notice.since > longest):
        yield _no("deferral-too-long", f"The policy defers notice for at most {longest.days} days from a recorded day.")


def _against_end(notice: NoticeFacts, now: datetime, what: str) -> Iterator[Reason]:
    if notice.until is None:
        yield _no(f"{what}-without-end", f"The {what} has no recorded end.")
    elif now >= notice.until:
        yield _no(f"{what}-over", f"The {what} is over: tell the account holder first.")


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, "notice")


def _in_favour(notice: NoticeFacts) -> Reason:
    sentences = {
        NoticeState.GIVEN: "The account holder was told, and the time to object is over.",
        NoticeState.BARRED: "A cited order bars telling the account holder for now.",
        NoticeState.FORBIDDEN: "The instrument itself forbids telling the account holder.",
        NoticeState.DEFERRED: "Telling the account holder is deferred, with a reason and an approver.",
    }
    assert notice.state is not None
    return Reason(f"notice-{notice.state.value}", sentences[notice.state], "notice", notice.citation)
