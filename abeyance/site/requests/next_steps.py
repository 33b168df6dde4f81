"""What comes next for a request, the same for page, command line and API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abeyance.rules.lifecycle import State
from abeyance.rules.release import RELEASE, WORDS

NEXT = {
    "received": "abeyance request confirm REF FILE.toml (abeyance request draft REF FILE.toml writes what was read)",
    "to-verify": "abeyance request verify REF --how call-back --contact NUMBER-OF-THE-DIRECTORY",
    "in-review": "abeyance request propose REF",
    "proposed": "another member: abeyance request agree REF --answer DIGEST",
    "gathering": "abeyance request notice REF ..., then abeyance request gather REF",
    "letter": "abeyance request letter REF --kind refused --out FOLDER, then abeyance request close REF",
    "sealed": "abeyance package release PACKAGE --to FINGERPRINT --out FILE",
    "released": "abeyance request close REF --outcome answered",
    "recalled": "abeyance request recall-step REF --step ..., and when all is settled close it",
    "closed": "nothing; abeyance request reopen REF begins again",
}


def next_step(told: dict[str, Any]) -> str:
    held = {each["reason"] for item in told["items"] for each in item["held"] if each["stage"] == "answer"}
    if held and told["state"] not in ("received", "to-verify", "closed"):
        return " ".join(sorted(held))
    said = NEXT["letter" if nothing_leaves(told) else told["state"]].replace("REF", told["ref"])
    return said.replace("DIGEST", told["proposed_answer"][:16]) if told["proposed_answer"] else said


def nothing_leaves(told: Mapping[str, Any]) -> bool:
    """Two people agreed that neither records nor words are handed over: the letter is all, then it is closed."""
    return told["state"] == State.GATHERING and not any(map(_leaves, told["items"]))


def _leaves(item: Mapping[str, Any]) -> bool:
    answer = item["answer"]
    return bool(answer and answer["agreed"] and answer["outcome"] in (RELEASE, *WORDS))
