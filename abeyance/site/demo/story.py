"""The story: one request from arrival to release, then 6 July 2020. Every step is the ordinary act, on this desk."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyrage

from abeyance.answer import actions as answers
from abeyance.casefile import ending
from abeyance.casefile.models import Case, Package
from abeyance.diligence import actions as assessments
from abeyance.diligence import stating
from abeyance.errors import Refused
from abeyance.intake import confirming, taking
from abeyance.ledger.sequencer import integrate
from abeyance.ledger.verifying import verify_file
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.pauses import actions as pauses
from abeyance.pauses import conditions
from abeyance.pauses.preview import preview
from abeyance.pauses.weighing import weigh
from abeyance.people import proposals
from abeyance.policy import queries as policy
from abeyance.release import actions as gate
from abeyance.release import handing, making
from abeyance.release.packaging import check_package
from abeyance.rules.demandfile import parse_demand
from abeyance.rules.notice import NoticeState
from abeyance.rules.pausefile import parse_pause
from abeyance.rules.pauses import Pause
from abeyance.rules.verification import FindingKind
from abeyance.site.demo import papers
from abeyance.site.demo.cast import POLICE, TELEPHONE, Cast
from abeyance.site.demo.morning import Morning
from abeyance.site.requests import letters, receipts, verifying
from abeyance.verification import actions as verification

PAUSES = Path(__file__).parent / "pauses"
ASSESSMENT = Path(__file__).parent / "diligence" / "assessment.toml"
YEAR = timedelta(days=365)
COMPANIES = ("marlin", "wisp", "telex", "chirp")
Tell = Callable[[str], None]


@dataclass
class Story:
    """`folder` gets every artefact; `tell` prints a line to the reader."""

    cast: Cast
    folder: Path
    tell: Tell
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> str:
        return self.cast.first

    @property
    def second(self) -> str:
        return self.cast.second

    def step(self, text: str) -> None:
        self.tell(f"\n== {text}")

    def note(self, text: str) -> None:
        self.tell(f"   {text}")

    def told(self) -> dict[str, Any]:
        """Both parts, and what they left behind."""
        self.one_request()
        self.sixth_of_july()
        self.step("What waits on the desk now, for whoever signs in")
        self.kept["waiting"] = Morning(self.cast, self.folder, demand).begins()
        self.note(f"{len(self.kept['waiting'])} requests, one at each step; an emergency among them.")
        return self.kept | {"folder": str(self.folder)}

    # --- one request

    def one_request(self) -> None:
        ref = self._arrives()
        self._confirmed(ref)
        self._verified(ref)
        self._weighed(ref)
        package = self._answered(ref)
        self._handed_over(ref, package)

    def _arrives(self) -> str:
        self.step(
            "A mail with an order as PDF arrives. It is sealed first, and read in a process that can do nothing else"
        )
        path = papers.order_mail(self.folder / "01-order.eml")
        (taken,) = taking.take_each([path], channel="mail", by="operator", now=_now())
        assert taken.arrived is not None
        for found in taken.arrived.suggestions:
            self.note(f"{found.field:<13} {found.value}   [{found.where}]")
        self.note(f"It is {taken.arrived.ref}. These are suggestions: a person makes facts of them.")
        self.kept["request"] = taken.arrived.ref
        self._letter(taken.arrived.ref, "acknowledgement", "02-acknowledgement")
        return taken.arrived.ref

    def _confirmed(self, ref: str) -> None:
        self.step("A reviewer confirms what the papers say, as a new version; nothing is ever edited")
        confirming.confirm(
            ref, demand(fields=["telephone", "created-at", "email", "ip-address"]), by=self.first, now=_now()
        )
        self._verdict(ref)

    def _verified(self, ref: str) -> None:
        self.step("Is the requester genuine? The directory's number is called, never one from the request")
        arrival = verifying.arrival_of(ref, contact_differs=False, by=self.first, now=_now())
        rules = policy.books()[0].policy
        for bar in verification.raised_bars(ref, arrival, rules, by=self.first, now=_now()):
            self.note(bar.sentence)
        found = verification.find_genuine(
            ref, FindingKind.CALL_BACK, TELEPHONE, arrival, rules, by=self.first, now=_now()
        )
        self.note(f"Called back {TELEPHONE}: {'genuine' if found.genuine else 'not settled'}.")

    def _weighed(self, ref: str) -> None:
        self.step("The rules weigh it: the law of the company's own seat compels it, and not all that was asked")
        self._verdict(ref)
        for seen in making.preview(ref, by=self.first, now=_now()):
            for count in seen.preview.counts:
                self.note(f"Before approval only counts: {count.table}, {count.rows} row of {', '.join(count.fields)}.")

    def _answered(self, ref: str) -> Package:
        self.step("One person proposes the answer, another agrees; the first cannot")
        answers.propose(ref, by=self.first, now=_now())
        self._no(lambda: answers.agree(ref, by=self.first, now=_now()))
        answers.agree(ref, by=self.second, now=_now())
        self.step("The account holder: an order bars telling them for now, and the bar has an end")
        told = Told(NoticeState.BARRED, _now() + timedelta(days=30), "HP-2020-0611, invented magistrate")
        notices.record(ref, told, by=self.first, now=_now())
        self.step(
            "The agreed minimum is read from the service with a role that can do nothing else, and sealed as it is read"
        )
        package = making.gather(ref, letter=letters.covering, by=self.first, now=_now())
        self.note(f"Package {package.key}, {package.size} bytes, sealed.")
        return package

    def _handed_over(self, ref: str, package: Package) -> None:
        self.step("The gate reads every fact again, writes the release, and only then is the package opened")
        path = self.folder / "03-package.zip.age"
        handing.to_file(package.key, to=self.cast.fingerprint, path=path, by=self.second)
        opened = self.folder / "04-what-the-agency-opens.zip"
        identity = pyrage.x25519.Identity.from_str((self.folder / "harbour-police.agekey").read_text().strip())
        opened.write_bytes(pyrage.decrypt(path.read_bytes(), [identity]))
        checked = check_package(opened)
        self.note(
            f"{path.name} is encrypted to the agency's confirmed key. The agency opens it: {checked.files} files,"
        )
        self.note(f"a BagIt bag, {'every digest agrees' if checked.whole else 'damaged'}.")
        self.kept["package"] = str(package.key)
        self.step("The sender's receipt: a proof that anybody checks without this desk")
        integrate(_now(), force=True)
        receipt = self.folder / "05-receipt.txt"
        receipt.write_text(receipts.of_arrival(Case.objects.get(ref=ref)))
        self.note(f"abeyance verify {receipt}")
        self.note(verify_file(receipt, None).sentence)
        self.note(f"{ref} is '{Case.objects.get(ref=ref).state}'.")

    # --- 6 July 2020

    def sixth_of_july(self) -> None:
        self.step("6 July 2020, replayed: four invented companies and this one stop answering, each in its own way")
        held = self._under_way()
        ready = self._ready_to_leave()
        for name in (*COMPANIES, "quill"):
            self._declare(name)
        self.step("Who is held now, and why")
        for ref, about in held:
            self.note(f"{ref}, {about}:")
            self._held(ref)
        self._stopped(ready)
        self._lifted(ready)

    def _under_way(self) -> list[tuple[str, str]]:
        asked: tuple[tuple[str, str, str, dict[str, str]], ...] = (
            ("marlin", "HK", "the police asks Marlin about an account in the city", {}),
            ("telex", "HK", "the police asks Telex about an account in the city", {"subject_country": "HK"}),
            (
                "telex",
                "US",
                "a county attorney elsewhere asks Telex about an account in the city",
                {"subject_country": "HK"},
            ),
            ("chirp", "US", "a county attorney elsewhere asks Chirp", {"subject_country": "US"}),
        )
        return [(self._small_request(*one), one[2]) for one in asked]

    def _small_request(self, service: str, country: str, about: str, more: dict[str, str]) -> str:
        name = f"{service}-{country}".lower()
        number = f"+852 9123 00{('marlin', 'telex', 'chirp').index(service) + 11}"
        text = f"We ask {service} for the subscriber data of {number} ({about}).\n"
        path = papers.short_mail(self.folder / f"06-{name}.eml", f"X-{name}", text)
        arrived = taking.take_together([path], channel="mail", by="operator", now=_now())
        asked = partial(demand, service=service, identifier=number.replace(" ", ""), more=more)
        said = asked()
        if country == "US":
            said = asked(agency="us-da-sample-county", country="US", law="us-subpoena")
        confirming.confirm(arrived.ref, said, by=self.first, now=_now())
        return arrived.ref

    def _ready_to_leave(self) -> Package:
        """A second request to the same company, packed and about to be handed over."""
        path = papers.short_mail(self.folder / "07-second.eml", "HP-2", "Subscriber data of +852 9123 0001, please.\n")
        ref = taking.take_together([path], channel="mail", by="operator", now=_now()).ref
        confirming.confirm(ref, demand(identifier="+85291230001"), by=self.first, now=_now())
        arrival = verifying.arrival_of(ref, contact_differs=False, by=self.first, now=_now())
        verification.find_genuine(
            ref, FindingKind.CALL_BACK, TELEPHONE, arrival, policy.books()[0].policy, by=self.first, now=_now()
        )
        answers.propose(ref, by=self.first, now=_now())
        answers.agree(ref, by=self.second, now=_now())
        told = Told(NoticeState.BARRED, _now() + timedelta(days=30), "HP-2, invented magistrate")
        notices.record(ref, told, by=self.first, now=_now())
        return making.gather(ref, letter=letters.covering, by=self.first, now=_now())

    def _declare(self, name: str) -> None:
        pause = pause_of(name)
        seen = preview(pause, reader=self.first, now=_now())
        bound = pauses.declare(pause, by=self.first, now=_now())
        self.step(f"{bound.pause.name} is declared: one row, and it binds at once")
        self.note(pause.statement)
        self.note(
            f"Its preview said: {seen.coverage.requests} open request(s), {len(seen.handed_over)} handed over lately."
        )

    def _stopped(self, ready: Package) -> None:
        self.step("The package that was ready to leave")
        path = self.folder / "never-written.zip.age"
        self._no(lambda: handing.to_file(ready.key, to=self.cast.fingerprint, path=path, by=self.second))
        self._letter(ready.case.ref, "held", "08-held", "zh-Hant")
        self._letter(ready.case.ref, "held", "08-held-english")

    def _lifted(self, ready: Package) -> None:
        self.step("Lifting takes two people and a closing statement, and releases nothing")
        self._no(lambda: pauses.propose_lift("QUILL-2020-07", "We go on.", by=self.first, now=_now()))
        self._assessed("QUILL-2020-07")
        proposal = pauses.propose_lift(
            "QUILL-2020-07", "The assessment is approved (invented).", by=self.first, now=_now()
        )
        self._no(lambda: proposals.agree(proposal.code, by=self.first, now=_now()))
        proposals.agree(proposal.code, by=self.second, now=_now())
        verdict = gate.could_leave(ready.key, to=self.cast.fingerprint, by=self.second)
        for reason in verdict.reasons:
            self.note(reason.sentence)
        ending.send_back(ready.case.ref, by=self.first, now=_now())
        self.note(f"{ready.case.ref} is back at verification, under the law of this day.")

    def _assessed(self, pause: str) -> None:
        """What lifting asks for: an assessment that two people approve, and the condition that two people find met."""
        began = assessments.begin(pause, "new-law", review_by=_now().date() + YEAR, by=self.first, now=_now())
        said = tomllib.loads(ASSESSMENT.read_text(encoding="utf-8"))
        assessments.write(began.code, said, onto=1, by=self.first, now=_now())
        self._agreed(stating.propose_approval(began.code, by=self.first, now=_now()).code)
        met = "Two people approved the assessment."
        self._agreed(conditions.propose(pause, 1, "met", met, by=self.first, now=_now()).code)
        self.note(f"Assessment {began.code} is written and approved, and the pause's condition is found met.")

    def _agreed(self, proposal: str) -> None:
        proposals.agree(proposal, by=self.second, now=_now())

    # --- telling

    def _verdict(self, ref: str) -> None:
        for one in weigh(Case.objects.get(ref=ref), now=_now())[1]:
            self.note(f"Item {one.item.number}: {one.decision.outcome.word.upper()}")
            for reason in one.decision.reasons:
                self.note(f"  {reason.sentence}")

    def _held(self, ref: str) -> None:
        found = [held.reason.sentence for one in weigh(Case.objects.get(ref=ref), now=_now())[1] for held in one.held]
        for sentence in found or ["Not held by any of them."]:
            self.note(f"  {sentence}")

    def _no(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Refused as problem:
            self.note(f"Refused: {problem}")
        else:
            raise AssertionError("the desk let through what it must refuse")

    def _letter(self, ref: str, kind: str, name: str, language: str = "en") -> None:
        written = letters.write(Case.objects.get(ref=ref), kind, language, now=_now())
        (self.folder / f"{name}.pdf").write_bytes(written.pdf)
        (self.folder / f"{name}.txt").write_text(written.text, encoding="utf-8")
        self.note(f"Letter: {name}.pdf")


def demand(
    *,
    service: str = "quill",
    identifier: str = "+85291234567",
    agency: str = POLICE,
    country: str = "HK",
    law: str = "hk-nsl43-s7",
    fields: list[str] | None = None,
    more: dict[str, str] | None = None,
) -> Any:
    """A demand as a reviewer would state it."""
    item = {
        "service": service,
        "category": "SubscriberData",
        "identifier_kind": "telephone",
        "identifier": identifier,
        "fields": fields or ["telephone", "created-at"],
        "nexus": "the account named in the order",
        "controller": "quill-hk",
        "stored_in": "HK",
        "subject_country": "HK",
    }
    requester = "police" if country == "HK" else "prosecutor"
    return parse_demand(
        {
            "kind": "disclosure",
            "requester": requester,
            "jurisdiction": country,
            "agency": agency,
            "instrument": law,
            "ground": "compelled",
            "entity": "quill-hk",
            "items": [item | (more or {})],
        }
    )


def pause_of(name: str) -> Pause:
    return parse_pause(tomllib.loads((PAUSES / f"{name}.toml").read_text(encoding="utf-8")))


def _now() -> datetime:
    return datetime.now(UTC)
