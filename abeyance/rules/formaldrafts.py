"""The draft of a formal step, from the same reasons as everything else. It neither confirms nor denies that an account
exists: whoever completes it and says more has to say so, and then it leaves through the gate.

A draft is text: a line that begins with "# " is a heading, what stands in [brackets] is for a person to fill in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from abeyance.rules.decision import Reason
from abeyance.rules.formalsteps import StepDue
from abeyance.rules.instruments import StepForm

TITLES = {
    StepForm.ANNEX_III: "Information on the impossibility to execute an order (Annex III)",
    StepForm.REASONED_OBJECTION: "Reasoned objection because of a conflict with the law of a third country",
    StepForm.APPLICATION_TO_VARY: "Notice to counsel: application to vary or revoke an order",
    StepForm.COMITY_MOTION: "Notice to counsel: motion to modify or quash on grounds of comity",
    StepForm.ACKNOWLEDGEMENT: "Acknowledgement of receipt",
    StepForm.REFUSAL: "Refusal, with its grounds",
    StepForm.INTERIM_REPLY: "Interim reply",
    StepForm.PRESERVATION_ENDS: "Notice to counsel: a preservation ends",
}
NEUTRAL = "Nothing in this text confirms or denies that an account exists or that any data is held or preserved."
# The closed list of the form; compare it with the form that the authority uses.
ANNEX_III_REASONS = (
    "the certificate is incomplete",
    "the certificate contains manifest errors",
    "the certificate does not contain sufficient information",
    "impossible in fact, for a reason not attributable to the addressee",
    "the data was not stored by or for the addressee when the certificate was received",
    "the service is not within the scope of the regulation",
    "the certificate was not issued or validated as Article 4 requires",
    "the offence is not covered",
    "immunity or privilege, or rules on freedom of the press or of expression",
    "another reason",
)


@dataclass(frozen=True)
class Matter:
    """What a draft may name: the demand as it came, and the public word of each pause. Nothing of an account."""

    reference: str
    their_reference: str
    agency: str
    jurisdiction: str
    instrument: str
    instrument_citation: str
    category: str
    arrived: datetime
    reasons: tuple[Reason, ...]
    statements: tuple[str, ...]
    review_by: date | None
    sender: str


def title_of(form: StepForm) -> str:
    return TITLES[form]


def draft(step: StepDue, matter: Matter) -> str:
    sections = [("", (TITLES[step.form],)), *_BODIES[step.form](step, matter)]
    return "\n\n".join(_section(heading, lines) for heading, lines in sections if lines) + "\n"


Section = tuple[str, Sequence[str]]
_Body = Callable[[StepDue, Matter], list[Section]]


def _section(heading: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {heading}", *lines] if heading else [f"# {line}" for line in lines])


def _about(step: StepDue, matter: Matter) -> list[Section]:
    said = [
        f"Our reference: {matter.reference}",
        f"Your reference: {matter.their_reference or '[as the order gives it]'}",
        f"To: {matter.agency or '[the authority]'}{f', {matter.jurisdiction}' if matter.jurisdiction else ''}",
        f"Instrument: {matter.instrument or '[instrument]'}"
        + (f" ({matter.instrument_citation})" if matter.instrument_citation else ""),
        f"Received: {_moment(matter.arrived)}",
        f"Item {step.item}: {matter.category or 'category not stated'}",
        f"This step is due: {_moment(step.due)}" + (f" ({step.citation})" if step.citation else ""),
    ]
    return [("References", said)]


def _grounds(matter: Matter) -> Section:
    found = [f"- {reason.sentence}{f' [{reason.citation}]' if reason.citation else ''}" for reason in matter.reasons]
    found += [f"- {statement}" for statement in matter.statements]
    if matter.review_by is not None:
        found.append(f"- To be reviewed by {matter.review_by.isoformat()}.")
    return "Grounds", tuple(dict.fromkeys(found))


def _end(matter: Matter) -> list[Section]:
    return [("Signed", (f"[name and office], for {matter.sender}",))]


def _annex_iii(step: StepDue, matter: Matter) -> list[Section]:
    ticks = [f"[ ] {reason}" for reason in ANNEX_III_REASONS[:-1]]
    return [
        *_about(step, matter),
        ("Certificate", ("Number: [as on the certificate]", "Issuing authority: [ ]", "Enforcing authority: [ ]")),
        ("Reason why the order cannot be executed, or not in time", (*ticks, f"[x] {ANNEX_III_REASONS[-1]}")),
        _grounds(matter),
        *_conflict(),
        ("What is needed in order to execute the order", ("[ ]",)),
        ("Whether the data is preserved", (NEUTRAL,)),
        *_end(matter),
    ]


def _conflict() -> list[Section]:
    return [
        (
            "Conflict with the law of a third country",
            (
                "Law and provision: [title, article, text]",
                "Why it applies to this case, and what the conflict is: [ ]",
                "What links the addressee to the third country: [ ]",
                "What compliance would bring upon the addressee: [ ]",
            ),
        )
    ]


def _objection(step: StepDue, matter: Matter) -> list[Section]:
    closing = "That the third country has no such rule, or that data lies there, is no ground by itself."
    return [*_about(step, matter), _grounds(matter), *_conflict(), ("Remark", (closing, NEUTRAL)), *_end(matter)]


def _to_counsel(asked: str) -> _Body:
    def body(step: StepDue, matter: Matter) -> list[Section]:
        return [
            *_about(step, matter),
            ("What is asked of counsel", (asked, f"The clock: {step.sentence}")),
            _grounds(matter),
            ("Remark", ("This notice is for counsel alone. The pause stops no clock.",)),
        ]

    return body


def _acknowledgement(step: StepDue, matter: Matter) -> list[Section]:
    said = f"We acknowledge that your demand reached us on {_moment(matter.arrived)}."
    return [*_about(step, matter), ("Acknowledgement", (said, NEUTRAL)), *_end(matter)]


def _refusal(step: StepDue, matter: Matter) -> list[Section]:
    said = "We refuse the demand on the grounds below."
    return [*_about(step, matter), ("Refusal", (said, NEUTRAL)), _grounds(matter), *_end(matter)]


def _interim(step: StepDue, matter: Matter) -> list[Section]:
    said = "We have received your demand and cannot answer it at present. We will write again when that changes."
    return [*_about(step, matter), ("Reply", (said, NEUTRAL)), _grounds(matter), *_end(matter)]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or at.strftime('%z')}"


_BODIES: dict[StepForm, _Body] = {
    StepForm.ANNEX_III: _annex_iii,
    StepForm.REASONED_OBJECTION: _objection,
    StepForm.APPLICATION_TO_VARY: _to_counsel(
        "Decide whether to apply to the court to vary or revoke the order, and whether to give notice of comity."
    ),
    StepForm.COMITY_MOTION: _to_counsel(
        "Decide whether to move to modify or quash, under the statute or on common-law comity."
    ),
    StepForm.ACKNOWLEDGEMENT: _acknowledgement,
    StepForm.REFUSAL: _refusal,
    StepForm.INTERIM_REPLY: _interim,
    StepForm.PRESERVATION_ENDS: _to_counsel(
        "Decide whether anything is kept any longer on this ground: without an extension nothing binds us to keep it."
    ),
}
