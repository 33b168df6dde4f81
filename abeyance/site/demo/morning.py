"""What waits on the demonstration's desk when the story has been told: a request at each step, for whoever signs in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance.answer import actions as answers
from abeyance.intake import confirming, taking
from abeyance.policy import queries as policy
from abeyance.rules.demandfile import StatedDemand, parse_demand
from abeyance.rules.verification import FindingKind
from abeyance.site.demo import papers
from abeyance.site.demo.cast import TELEPHONE, Cast
from abeyance.site.requests import verifying
from abeyance.verification import actions as verification

GERMAN = "Wir ersuchen um Bestandsdaten zu +49 30 23125 777. Aktenzeichen: 4711 Js 99/26. Frist: drei Werktage.\n"
NIGHT = "A child is missing. We need the last known subscriber data of +49 30 23125 888 at once.\n"
Demand = Callable[..., StatedDemand]


class Morning:
    """Each request by the ordinary acts; `demand` is the story's own."""

    def __init__(self, cast: Cast, folder: Path, demand: Demand) -> None:
        self.cast, self.folder, self.demand = cast, folder, demand

    def begins(self) -> list[str]:
        """The references, from the newest step to the latest."""
        return [self._just_arrived(), self._emergency(), self._clock_runs(), self._for_the_first(), self._to_gather()]

    def _arrived(self, name: str, text: str) -> str:
        path = papers.short_mail(self.folder / f"09-{name}.eml", f"M-{name}", text)
        return taking.take_together([path], channel="mail", by="operator", now=_now()).ref

    def _just_arrived(self) -> str:
        return self._arrived("german", GERMAN)

    def _emergency(self) -> str:
        ref = self._arrived("night", NIGHT)
        confirming.confirm(ref, _german("eu-epoc", "emergency", "+493023125888"), by=self.cast.first, now=_now())
        return ref

    def _clock_runs(self) -> str:
        ref = self._arrived("clock", GERMAN)
        confirming.confirm(ref, _german("de-100j", "disclosure", "+493023125777"), by=self.cast.first, now=_now())
        return ref

    def _for_the_first(self) -> str:
        """Proposed by the second, so that the first may agree."""
        ref = self._genuine("first", self.cast.second)
        answers.propose(ref, by=self.cast.second, now=_now())
        return ref

    def _to_gather(self) -> str:
        ref = self._genuine("gather", self.cast.first)
        answers.propose(ref, by=self.cast.first, now=_now())
        answers.agree(ref, by=self.cast.second, now=_now())
        return ref

    def _genuine(self, name: str, by: str) -> str:
        ref = self._arrived(name, "Subscriber data of +852 9123 0000, please.\n")
        confirming.confirm(ref, self.demand(identifier="+85291230000"), by=by, now=_now())
        arrival = verifying.arrival_of(ref, contact_differs=False, by=by, now=_now())
        rules = policy.books()[0].policy
        verification.find_genuine(ref, FindingKind.CALL_BACK, TELEPHONE, arrival, rules, by=by, now=_now())
        return ref


def _german(law: str, kind: str, identifier: str) -> StatedDemand:
    item: dict[str, Any] = {
        "service": "quill",
        "category": "SubscriberData",
        "identifier_kind": "telephone",
        "identifier": identifier,
        "fields": ["telephone", "created-at"],
        "nexus": "the account named in the request",
        "controller": "quill-hk",
        "stored_in": "DE",
        "subject_country": "DE",
    }
    said: dict[str, Any] = {
        "kind": kind,
        "requester": "police",
        "jurisdiction": "DE",
        "agency": "de-lka-musterland",
        "instrument": law,
        "ground": "compelled",
        "entity": "quill-hk",
        "emergency": kind == "emergency",
        "items": [item],
    }
    return parse_demand(said)


def _now() -> datetime:
    return datetime.now(UTC)
