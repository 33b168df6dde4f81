"""Which guidance is shown: what two people adopted for the country, else for everywhere, else what is shipped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from abeyance.policy import queries
from abeyance.policy.models import Current
from abeyance.policy.reading import GUIDANCE, read, stored
from abeyance.rules.guidance import Guidance, names_for

SHIPPED = Path(__file__).parent / "guidance"


def guidance_for(country: str | None, language: str) -> Guidance:
    names = names_for(country, language)
    rows = {row.name: row.text_id for row in Current.objects.filter(kind=GUIDANCE, name__in=names)}
    for name in names:
        found = stored(rows[name]) if name in rows else None
        if isinstance(found, Guidance):
            return found
    return next(each for name in names for each in shipped() if each.name == name)


@lru_cache(maxsize=1)
def shipped() -> tuple[Guidance, ...]:
    texts = (read(GUIDANCE, path.read_text(encoding="utf-8"), file=path.name)[0] for path in SHIPPED.glob("*.toml"))
    return tuple(each for each in texts if isinstance(each, Guidance))


def countries_advised() -> list[str]:
    """Countries that have a text of their own."""
    names = Current.objects.filter(kind=GUIDANCE).values_list("name", flat=True)
    return sorted({name[:2].upper() for name in names if len(name.partition("-")[0]) == 2})


def countries_without() -> list[str]:
    """Countries in which there is an entity of ours and nobody has written a text."""
    ours = {entity.jurisdiction for entity in queries.books()[0].policy.entities}
    return sorted(ours - set(countries_advised()))
