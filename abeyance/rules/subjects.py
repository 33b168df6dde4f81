"""Where the account holder is, from all that is known of it.

Sources: what the clerk found, the service's own country field, the prefix of a telephone number. They count alike, so
that none of them alone leads past a pause; where they disagree, the place is not known. Only a finding that two people
made settles it, for all that was said before.
"""

from __future__ import annotations

from abeyance.rules.decision import Reason
from abeyance.rules.facts import ItemFacts, Place
from abeyance.rules.terms import PlaceSource

ASK = "subjects"


def countries(item: ItemFacts) -> frozenset[str]:
    """Every country that counts: none means not known, several mean that the sources disagree."""
    settled = [number for number, place in enumerate(item.places) if place.source is PlaceSource.AGREED]
    if settled:
        return frozenset(place.country for place in item.places[settled[-1] :])
    stated = {item.subject_country} if item.subject_country is not None else set()
    return frozenset(place.country for place in item.places) | frozenset(stated)


def question(item: ItemFacts) -> Reason | None:
    """What a person has to settle, or None when the place is known."""
    found = countries(item)
    if not found:
        sentence = f"Item {item.number}: it is not known where the account holder is. Record what the service knows."
        return Reason("place-unknown", sentence, ASK)
    if len(found) > 1:
        said = ", ".join(dict.fromkeys(_spoken(place) for place in _sources(item)))
        sentence = (
            f"Item {item.number}: the sources disagree on where the account holder is ({said}); two people settle it."
        )
        return Reason("place-disputed", sentence, ASK)
    return None


def _sources(item: ItemFacts) -> tuple[Place, ...]:
    stated = (Place(item.subject_country, PlaceSource.CLERK),) if item.subject_country is not None else ()
    return stated + item.places


def _spoken(place: Place) -> str:
    return f"{place.source.value}: {place.country}"
