"""After something left that should not have: what has been done about it, what is still open, and by when.

Facts in, sentences out. The dates are the operator's own targets and one reading of a law that counsel has to check,
as with every law entry; nothing here lets anything out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Step(StrEnum):
    """What somebody records about a recall; each at a moment, and none of them is ever edited."""

    DELETION_ASKED = "deletion-asked"
    DELETION_CONFIRMED = "deletion-confirmed"
    DELETION_REFUSED = "deletion-refused"
    RECIPIENT_BLOCKED = "recipient-blocked"
    BREACH_OPENED = "breach-opened"
    NO_BREACH = "no-breach"
    AUTHORITY_TOLD = "authority-told"
    PERSON_TOLD = "person-told"
    PERSON_NOT_TOLD = "person-not-told"


@dataclass(frozen=True)
class Taken:
    step: Step
    at: datetime


@dataclass(frozen=True)
class Question:
    """One thing that a recall has to settle. `due` None: as soon as possible, without a date."""

    name: str
    sentence: str
    settled: bool
    answers: tuple[Step, ...]
    due: datetime | None = None
    citation: str = ""

    def is_overdue(self, now: datetime) -> bool:
        return not self.settled and self.due is not None and now >= self.due


ASK_WITHIN = timedelta(hours=24)
ANSWER_WITHIN = timedelta(days=7)
DECIDE_WITHIN = timedelta(hours=24)
TELL_AUTHORITY_WITHIN = timedelta(hours=72)
AUTHORITY = "GDPR Art. 33(1), unchecked: counsel says which law binds here"
PERSON = "GDPR Art. 34(1), unchecked: counsel says which law binds here"


def questions(recalled: datetime, taken: Sequence[Taken]) -> tuple[Question, ...]:
    """In the order in which they are to be settled. The newest step of a kind counts."""
    last = {each.step: each.at for each in sorted(taken, key=lambda each: each.at)}
    found = [_deletion(recalled, last), _recipient(last), _breach(recalled, last)]
    if _is_a_breach(last):
        found.append(_authority(last))
    found.append(_person(last))
    return tuple(found)


def next_due(found: Sequence[Question]) -> datetime | None:
    return min((each.due for each in found if not each.settled and each.due is not None), default=None)


def against_closing(found: Sequence[Question]) -> tuple[str, ...]:
    """Why a recall is not over. A refused deletion settles its question: more cannot be had. Nor can it be made to
    block the recipient, whom another way may still serve."""
    return tuple(each.sentence for each in found if not each.settled and each.name != "recipient")


def _deletion(recalled: datetime, last: dict[Step, datetime]) -> Question:
    asked = last.get(Step.DELETION_ASKED)
    answers = (Step.DELETION_CONFIRMED, Step.DELETION_REFUSED)
    if any(step in last for step in answers):
        said = "confirmed" if _newer(last, *answers) is Step.DELETION_CONFIRMED else "refused"
        return Question("deletion", f"The recipient has {said} the deletion.", True, answers)
    if asked is None:
        sentence = "Ask the recipient to delete it: send the recall letter."
        return Question("deletion", sentence, False, (Step.DELETION_ASKED,), recalled + ASK_WITHIN)
    return Question(
        "deletion", "Deletion was asked for; no answer is recorded yet.", False, answers, asked + ANSWER_WITHIN
    )


def _recipient(last: dict[Step, datetime]) -> Question:
    if Step.RECIPIENT_BLOCKED in last:
        return Question("recipient", "The recipient is blocked: nothing leaves to them.", True, ())
    return Question("recipient", "The recipient is not blocked.", False, (Step.RECIPIENT_BLOCKED,))


def _is_a_breach(last: dict[Step, datetime]) -> bool:
    return _newer(last, Step.BREACH_OPENED, Step.NO_BREACH) is Step.BREACH_OPENED


def _breach(recalled: datetime, last: dict[Step, datetime]) -> Question:
    answers = (Step.BREACH_OPENED, Step.NO_BREACH)
    decided = _newer(last, *answers)
    if decided is None:
        sentence = "Decide whether this was a breach of the account holder's data."
        return Question("breach", sentence, False, answers, recalled + DECIDE_WITHIN)
    sentence = "It was a breach." if decided is Step.BREACH_OPENED else "It was decided that this was no breach."
    return Question("breach", sentence, True, answers)


def _authority(last: dict[Step, datetime]) -> Question:
    """From when it became known, which is the record of the breach at the latest."""
    due, told = last[Step.BREACH_OPENED] + TELL_AUTHORITY_WITHIN, Step.AUTHORITY_TOLD in last
    sentence = "The supervisory authority has been told." if told else "Tell the supervisory authority of the breach."
    return Question("authority", sentence, told, (Step.AUTHORITY_TOLD,), None if told else due, AUTHORITY)


def _person(last: dict[Step, datetime]) -> Question:
    answers = (Step.PERSON_TOLD, Step.PERSON_NOT_TOLD)
    decided = _newer(last, *answers)
    if decided is None:
        due = last[Step.BREACH_OPENED] + TELL_AUTHORITY_WITHIN if _is_a_breach(last) else None
        return Question("person", "Decide whether the account holder is told.", False, answers, due, PERSON)
    told = decided is Step.PERSON_TOLD
    sentence = "The account holder has been told." if told else "It was decided not to tell the account holder."
    return Question("person", sentence, True, answers)


def _newer(last: dict[Step, datetime], *steps: Step) -> Step | None:
    taken = [step for step in steps if step in last]
    return max(taken, key=lambda step: last[step]) if taken else None
