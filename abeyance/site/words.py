"""Which room brings which word of the command line.

Only the room of the word that was typed is imported, because importing all of them takes a second. A room that is not
there is passed over. A test compares these words with what the rooms register.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from abeyance.errors import BadInput

HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Room:
    """`bare`: its commands can be read without settings and database."""

    module: str
    words: tuple[str, ...]
    bare: bool = False

    def register(self, sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        import_module(self.module).register(sub)


ROOMS = (
    Room("abeyance.site.serve_commands", ("serve",), bare=True),
    Room("abeyance.site.demo.commands", ("demo",), bare=True),
    Room("abeyance.intake.commands", ("intake", "served")),
    Room("abeyance.site.requests.commands", ("request", "package")),
    Room("abeyance.answer.commands", ("step",)),
    Room("abeyance.answer.refusal_commands", ("refusals",)),
    Room("abeyance.notice.commands", ("hearing",)),
    Room("abeyance.pauses.commands", ("scenario", "pause")),
    Room("abeyance.diligence.commands", ("assessment",)),
    Room("abeyance.diligence.consultation_commands", ("consultation",)),
    Room("abeyance.patterns.commands", ("matter",)),
    Room("abeyance.reporting.commands", ("report",)),
    Room("abeyance.ledger.commands", ("verify", "ledger"), bare=True),
    Room("abeyance.seals.commands", ("keys",)),
    Room("abeyance.people.commands", ("member", "proposal")),
    Room("abeyance.verification.commands", ("agency",)),
    Room("abeyance.policy.commands", ("policy",)),
    Room("abeyance.services.commands", ("service",)),
    Room("abeyance.outbox.commands", ("jobs",)),
    Room("abeyance.site.keeping.commands", ("backup", "restore", "upgrade"), bare=True),
    Room("abeyance.site.doctor.commands", ("doctor",)),
)


def present() -> list[Room]:
    return [room for room in ROOMS if _is_there(room.module)]


def rooms_for(word: str | None) -> Sequence[Room]:
    """The one room of that word; all of them for none, so that the help is whole."""
    here = present()
    if word is None:
        return here
    if known := [room for room in here if word in room.words]:
        return known
    words = sorted(each for room in here for each in room.words)
    near = get_close_matches(word, words, n=1)
    meant = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(words)}."
    raise BadInput(f"There is no command {word[:40]!r}. {meant}")


def is_bare(rooms: Iterable[Room]) -> bool:
    return all(room.bare for room in rooms)


def _is_there(module: str) -> bool:
    """Asked of the files: asking Python would import the room."""
    return (HERE / Path(*module.split("."))).with_suffix(".py").is_file()
