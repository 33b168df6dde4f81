"""What a new assessment begins with: questions in the parts where each occasion differs. Whoever writes replaces them.

They are prompts of ours and no statement of any law.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abeyance.rules.diligence import Document, parse

_COMMON = {
    "harm-of-pause": "Victims who wait for an answer:\nMissing persons:\nRetaliation against users or partners:\n"
    "Blocking of the service:\nStaff in the country:",
    "remedy": "How somebody harmed by an answer, or by the pause, is heard, and what we can put right:",
    "dissent": "Who disagreed, and why; or: nobody did.",
}

TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "new-law": _COMMON
    | {
        "trigger": "Which law, of which date, in force from when:",
        "law-text": "Where the text is, in which language; which translation was read, and by whom it was made:",
        "powers-over-firm": "Who may order what, with or without a court; secrecy; reach outside the country:",
        "penalties-for-staff": "Who of the staff could be fined, held or tried, and where they live:",
        "groups": "Whom the law is aimed at, and who else it meets:",
    },
    "new-market": _COMMON
    | {
        "trigger": "Which country or service is entered, and from when:",
        "law-text": "Which laws on access to data apply there; where their texts are:",
        "scope": "Which services, which data, stored where, of how many people:",
        "powers-over-firm": "Licences, local representatives, rules on storage, and who can compel whom:",
        "penalties-for-staff": "Who would work there, and what could be done to them:",
    },
    "change-of-regime": _COMMON
    | {
        "trigger": "What has changed, since when, and who holds which authority now:",
        "law-text": "Which laws are still applied, by whom; what was decreed since:",
        "powers-over-firm": "Which agencies of the directory are still what they were:",
        "penalties-for-staff": "Who of the staff is within reach, and what is done for them:",
        "groups": "Who was safe before and is not now:",
    },
}


def begun_from(template: str, laws: tuple[str, ...]) -> Document:
    """KeyError for a template that there is not."""
    said: dict[str, Any] = {"laws": list(laws), "parts": dict(TEMPLATES[template])}
    return parse(said)
