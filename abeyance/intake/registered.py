"""Agencies, services, laws and the operator's entities as the desk's own registers call them, however somebody wrote
their names. What no register has stays as it was said: an unknown agency is a reason to look twice, not a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from abeyance.intake.provisional import called
from abeyance.intake.reading import Reading, Suggestion
from abeyance.intake.reading.values import Where
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.rules.demandfile import StatedDemand
from abeyance.rules.services import DataMap

Named = Sequence[tuple[str, frozenset[str]]]  # code, and its names without regard to capitals
SERVICE = "service"


def as_registered(stated: StatedDemand) -> StatedDemand:
    """The same demand; a name that belongs to one agency or service of the desk's is its code."""
    agencies = [(code, called(code, name)) for code, name, _ in directory.names()]
    books = policy.books()[0]
    mapped = services(books.maps)
    laws = [(code, frozenset({entry.instrument.casefold()})) for code, entry in books.entries.items()]
    entities = [(each.code, _beginnings(each.name)) for each in books.policy.entities]
    items = tuple(replace(item, service=_code(item.service, mapped)) for item in stated.items)
    return replace(
        stated,
        agency=_code(stated.agency, agencies),
        instrument=_code(stated.instrument, laws),
        entity=_code(stated.entity, entities),
        items=items,
    )


def services(maps: Iterable[DataMap]) -> Named:
    return [(each.service, _names(each)) for each in maps]


def with_services(reading: Reading, known: Named) -> Reading:
    """A service that the papers name by a word of their text is suggested too, with the first place where it stands."""
    said = [each for each in reading.suggestions if each.field == SERVICE]
    named = [replace(each, value=_code(each.value, known) or each.value) for each in said]
    have = {each.value for each in named}
    found = [Suggestion(SERVICE, code, where) for code, where in _in_text(reading, known) if code not in have]
    if not found and named == said:
        return reading
    others = (each for each in reading.suggestions if each.field != SERVICE)
    return replace(reading, suggestions=(*others, *dict.fromkeys((*named, *found))))


def _beginnings(name: str) -> frozenset[str]:
    """A company as a letter addresses it: whole, or without what stands behind a comma."""
    words = name.casefold().split(", ")
    return frozenset(", ".join(words[:count]) for count in range(1, len(words) + 1))


def _names(mapped: DataMap) -> frozenset[str]:
    return frozenset(name.casefold() for name in (mapped.service, mapped.title, mapped.brand) if name)


def _code(said: str | None, known: Named) -> str | None:
    if said is None or any(said == code for code, _ in known):
        return said
    wanted = " ".join(said.split()).casefold()
    found = [code for code, names in known if wanted in names]
    return found[0] if len(found) == 1 else said


def _in_text(reading: Reading, known: Named) -> Iterable[tuple[str, Where]]:
    """As a word of its own, or before a hyphen and a noun as German has it (Quill-Konto). The domain of an address says
    to whom they wrote, not which service they mean."""
    pages = [
        (part.path, number, page, page.casefold()) for part in reading.parts for number, page in enumerate(part.text, 1)
    ]
    for code, names in known:
        spelled = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        word = re.compile(rf"(?<![\w@.-])(?:{spelled})(?![\w@]|\.\w|-(?-i:[a-z0-9]))", re.IGNORECASE)
        for path, number, page, small in pages:
            # Most pages name no service, and to see that takes a tenth of the time of looking for a word.
            if any(name in small for name in names) and (match := word.search(page)):
                yield code, Where(path, number, page.count("\n", 0, match.start()) + 1)
                break
