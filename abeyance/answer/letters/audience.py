"""Which reasons a requester is told. The rules speak to the desk: some of their reasons are its own homework, and some
would say something about an account by being there."""

from __future__ import annotations

from abeyance.answer.letters.letter import Kind, Letter, Line
from abeyance.errors import Refused
from abeyance.rules.decision import Reason

# Only these can be answered by whoever asked; what has no code was written by a person for this letter.
QUESTIONS = frozenset(
    {
        "",
        "fact-missing",
        "fields-not-held",
        "ground-does-not-fit",
        "instrument-of-another-jurisdiction",
        "instrument-unknown",
        "issuer-not-competent",
        "kind-not-of-instrument",
        "kind-unknown",
        "nexus-missing",
        "no-fields-named",
        "not-genuine",
        "only-permitted",
        "period-empty",
        "period-missing",
    }
)
# The first are homework; the last three depend on where an account lies.
DESK_ONLY = frozenset(
    {
        "formal-reply-due",
        "held-unannounced",
        "no-data-map",
        "not-confirmed",
        "bound-by-unknown",
        "other-law-not-in-force",
        "other-law-silent",
    }
)


NEEDS_A_GROUND = frozenset({Kind.REFUSED, Kind.REROUTED})
LAW_AND_RULES = Line("", clause="desk", code="law-and-rules")  # when no other ground may be told


def told(letter: Letter) -> tuple[Line, ...]:
    """Raises Refused for a letter of questions in which the requester is asked nothing."""
    if letter.kind is Kind.QUESTION:
        return _asked(letter)
    grounds = tuple(line for line in letter.reasons if line.code not in DESK_ONLY)
    return grounds or ((LAW_AND_RULES,) if letter.kind in NEEDS_A_GROUND else ())


def _asked(letter: Letter) -> tuple[Line, ...]:
    asked = tuple(line for line in letter.reasons if line.code in QUESTIONS)
    if not asked:
        sentence = "What is missing has to be settled at the desk; there is nothing to ask the requester."
        raise Refused([Reason("nothing-to-ask", sentence, "letters:nothing-to-ask")])
    return asked
