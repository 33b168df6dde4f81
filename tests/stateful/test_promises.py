"""Generated histories of members, requests, pauses and clocks against promises 1 to 6 and 11, on the pure rules.

The machine knows nothing of how the rule decides: what it lets out is judged by a second, simpler reading of the
promises, written here. The last tests show that it does let things out, and that a broken rule is caught.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from abeyance.policy import reading
from abeyance.rules import pauses as pause_rules
from abeyance.rules import release
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import Adoption, LawText, parse_law
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeFacts, NoticeState
from abeyance.rules.pauses import Pause, PauseException
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Role
from abeyance.rules.policy import Books, parse_policy
from abeyance.rules.release import ApprovalFacts, ExceptionFacts, FindingFacts, PackedItem, RecipientFacts, ReleaseFacts
from abeyance.rules.services import parse_data_map
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, RequesterKind, Stage

START = datetime(2020, 7, 1, tzinfo=UTC)
PACKAGE = Path(reading.__file__).parents[1]
FIELDS = frozenset({"telephone", "created-at", "email"})
COUNTRIES, AGENCIES = ("HK", "US", None), ("hk-harbour-police", "us-da-sample-county", None)
SERVICES, LAWS = ("quill", None), ("hk-nsl43-s7", "us-2703d", "hk-nsl43", None)
seen: Counter[str] = Counter()


def books() -> Books:
    def content(path: str) -> dict[str, Any]:
        return tomllib.loads((PACKAGE / path).read_text(encoding="utf-8"))

    law: tuple[LawText, ...] = tuple(parse_law(content(f"policy/data/law/{name}.toml")) for name in ("hk", "us"))
    adopted = {
        entry.id: Adoption(
            entry.id, entry.digest, "m-c", "m-b", date(2020, 1, 1), date(2030, 1, 1), "the official text"
        )
        for text in law
        for entry in text.entries
    }
    held = parse_data_map(content("site/demo/data/quill.toml"))
    return Books(parse_policy(content("site/demo/data/policy.toml")), law, (held,), adopted)


BOOKS = books()


def member(code: str) -> Actor:
    roles = frozenset(role for role in Role if role is not Role.GUEST_COUNSEL)
    return Actor(code, roles, True, START, START)


@dataclass
class Request:
    labels: list[DemandFacts]
    item: ItemFacts
    state: State = State.SEALED
    finding: FindingFacts | None = None
    approval: ApprovalFacts | None = None
    packed: frozenset[str] = frozenset()
    packed_epoch: int = 0
    notice: NoticeFacts = field(default_factory=lambda: NoticeFacts("a"))
    uses: list[ExceptionFacts] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)


class Desk(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.now, self.epoch = START + timedelta(days=5), 1
        self.members = {code: member(code) for code in ("m-a", "m-b", "m-c")}
        self.requests: list[Request] = []
        self.pauses: list[Pause] = []
        self.key_active = True

    # --- people, time

    @rule(code=st.sampled_from(["m-a", "m-b", "m-c"]), back=st.sampled_from([True, True, True, False]))
    def somebody_leaves_or_comes(self, code: str, back: bool) -> None:
        self.members[code] = replace(self.members[code], active=back)

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(active=st.sampled_from([True, True, True, False]))
    def the_recipient_is_suspended_or_not(self, active: bool) -> None:
        self.key_active = active

    # --- requests

    @rule(data=st.data())
    def a_request_is_ready(self, data: st.DataObject) -> None:
        """Everything in order: what other rules then spoil."""
        self.a_request_arrives(data, good=True)
        request = self.requests[-1]
        request.finding = FindingFacts(True, "m-c", self.now, self.epoch)
        request.approval = self._approval("m-a", "m-b", FIELDS)
        request.packed, request.packed_epoch = frozenset({"telephone"}), self.epoch
        request.notice = NoticeFacts(
            "a", NoticeState.BARRED, since=self.now, until=self.now + timedelta(days=60), citation="an order"
        )

    @rule(data=st.data())
    def a_request_arrives(self, data: st.DataObject, good: bool = False) -> None:
        def one(values: tuple[Any, ...]) -> Any:
            return values[0] if good else data.draw(st.sampled_from(values))

        said = DemandFacts(
            kind=DemandKind.DISCLOSURE,
            requester=RequesterKind.POLICE,
            jurisdiction=one(COUNTRIES),
            agency=one(AGENCIES),
            instrument=one(LAWS),
            ground=Ground.COMPELLED,
            entity="quill-hk",
            confirmed=True,
            genuine=True,
            arrived_at=self.now,
            arrived_epoch=self.epoch,
        )
        item = ItemFacts(
            number=1,
            service=one(SERVICES),
            category=DataCategory.SUBSCRIBER,
            identifier_kind=IdentifierKind.TELEPHONE,
            fields=FIELDS,
            nexus_stated=True,
            controller="quill-hk",
            stored_in="HK",
            subject_country=data.draw(st.sampled_from(["HK", "US", None])),
        )
        self.requests.append(Request([said], item))

    @rule(data=st.data(), who=st.sampled_from(["m-a", "m-b", "m-c"]), genuine=st.booleans())
    def somebody_verifies(self, data: st.DataObject, who: str, genuine: bool) -> None:
        if request := self._one(data):
            request.finding = FindingFacts(genuine, who, self.now, self.epoch)

    @rule(data=st.data(), first=st.sampled_from(["m-a", "m-b", "m-c"]), second=st.sampled_from(["m-a", "m-b", None]))
    def somebody_approves(self, data: st.DataObject, first: str, second: str | None) -> None:
        if request := self._one(data):
            fields = data.draw(st.frozensets(st.sampled_from(sorted(FIELDS)), min_size=1))
            request.approval = self._approval(first, second, fields)

    @rule(data=st.data())
    def somebody_packs(self, data: st.DataObject) -> None:
        if request := self._one(data):
            fields = data.draw(
                st.frozensets(st.sampled_from([*sorted(FIELDS), "ip-address", "message-body"]), min_size=1)
            )
            request.packed, request.packed_epoch = fields, self.epoch

    @rule(data=st.data(), state=st.sampled_from([None, *NoticeState]), days=st.integers(-1, 40))
    def notice_is_recorded(self, data: st.DataObject, state: NoticeState | None, days: int) -> None:
        if request := self._one(data):
            until = self.now + timedelta(days=days)
            request.notice = NoticeFacts(
                "a", state, given_at=self.now if state is NoticeState.GIVEN else None, since=self.now, until=until,
                citation="an order", reason="recorded", approver="m-b",
            )  # fmt: skip

    @rule(data=st.data())
    def it_is_labelled_anew(self, data: st.DataObject) -> None:
        """The older label counts as well, since nobody else has agreed."""
        if request := self._one(data):
            country, agency = data.draw(st.sampled_from([("HK", AGENCIES[0]), ("US", AGENCIES[1])]))
            request.labels.insert(0, replace(request.labels[0], jurisdiction=country, agency=agency))

    @rule(data=st.data(), state=st.sampled_from([State.SEALED, State.RELEASED, State.IN_REVIEW, State.CLOSED]))
    def it_moves(self, data: st.DataObject, state: State) -> None:
        if request := self._one(data):
            request.state = state

    # --- pauses

    @rule(data=st.data())
    def a_pause_is_declared(self, data: st.DataObject) -> None:
        self.epoch += 1
        pause = Pause(
            name=f"P-{self.epoch}",
            version=1,
            reason="r",
            statement="s",
            review_by=date(2030, 1, 1),
            jurisdictions=data.draw(st.frozensets(st.sampled_from(["HK", "US"]), max_size=1)),
            agencies=data.draw(st.frozensets(st.sampled_from([a for a in AGENCIES if a]), max_size=1)),
            laws=data.draw(st.frozensets(st.sampled_from(["hk-nsl43", "us-2703d"]), max_size=1)),
            services=data.draw(st.frozensets(st.sampled_from(["quill", "other"]), max_size=1)),
            subjects=data.draw(st.frozensets(st.sampled_from(["HK", "US"]), max_size=1)),
            stages=data.draw(st.frozensets(st.sampled_from(list(Stage)), min_size=1)),
            under_way=data.draw(st.booleans()),
            exceptions=(PauseException("court", "s", instruments=frozenset({"hk-nsl43-s7"})),),
            since_epoch=self.epoch,
            declared_epoch=self.epoch,
            declared_at=self.now,
        )
        self.pauses.append(pause)

    @rule()
    def a_pause_over_the_country_comes_and_goes(self) -> None:
        self.epoch += 2
        lifted = Pause(
            name=f"P-{self.epoch}",
            version=1,
            reason="r",
            statement="s",
            review_by=date(2030, 1, 1),
            jurisdictions=frozenset({"HK"}),
            since_epoch=self.epoch - 1,
            declared_epoch=self.epoch - 1,
            ended_epoch=self.epoch,
            declared_at=self.now,
        )
        self.pauses.append(lifted)

    @rule(data=st.data())
    def a_pause_is_lifted(self, data: st.DataObject) -> None:
        in_force = [index for index, pause in enumerate(self.pauses) if pause.ended_epoch is None]
        if in_force:
            self.epoch += 1
            index = data.draw(st.sampled_from(in_force))
            self.pauses[index] = replace(self.pauses[index], ended_epoch=self.epoch)

    @rule(data=st.data(), first=st.sampled_from(["m-a", "m-b"]), second=st.sampled_from(["m-a", "m-b", None]))
    def an_exception_is_used(self, data: st.DataObject, first: str, second: str | None) -> None:
        request = self._one(data)
        if request and self.pauses:
            pause = data.draw(st.sampled_from(self.pauses))
            agreer = self.members[second] if second else None
            request.uses.append(ExceptionFacts(pause.name, "court", self.members[first], agreer, self.epoch))

    @rule(data=st.data())
    def the_requester_confirms(self, data: st.DataObject) -> None:
        if request := self._one(data):
            request.confirmed.append(self.epoch)

    # --- the gate

    @invariant()
    def the_gate_is_asked_about_everything_after_each_step(self) -> None:
        for request in getattr(self, "requests", [])[-4:]:
            self._ask(request, "m-a")
            self._ask(request, "m-b")

    def _ask(self, request: Request, who: str) -> None:
        verdict = release.judge(self._facts(request, who), self.now)
        assert verdict.reasons
        seen["allowed" if verdict.allowed else "refused"] += 1
        if verdict.allowed:
            self._judge(request, who)

    def _judge(self, request: Request, who: str) -> None:
        """The promises, read once more and more simply."""
        said, item, approval, finding = request.labels[0], request.item, request.approval, request.finding
        assert approval is not None
        assert finding is not None
        for pause in self.pauses:
            if pause.ended_epoch is None and Stage.RELEASE in pause.stages and self._touched(pause, request):
                assert self._excepted(pause, request), f"released within {pause.name}"
                seen["under an exception"] += 1
            if pause.ended_epoch is not None and self._surely(pause, said, item):
                assert min(finding.epoch, approval.epoch, request.packed_epoch) >= pause.ended_epoch
                arrived_after = said.arrived_epoch >= pause.ended_epoch
                assert arrived_after or max(request.confirmed, default=0) >= pause.ended_epoch
        assert None not in (said.jurisdiction, said.agency, said.instrument, item.service)
        assert approval.agreer is not None
        assert len({approval.proposer.code, approval.agreer.code}) == 2
        assert finding.genuine
        assert finding.by != approval.agreer.code
        assert self.members[approval.proposer.code].active
        assert self.members[approval.agreer.code].active
        assert self.members[who].active
        assert request.packed <= item.fields & approval.fields & {"telephone", "created-at", "email"}
        assert request.notice.state is not None
        assert request.notice.state is NoticeState.GIVEN or self.now < (request.notice.until or self.now)
        assert request.state in (State.SEALED, State.RELEASED)
        assert self.key_active

    @staticmethod
    def _touched(pause: Pause, request: Request) -> bool:
        """Under any label that counts, and for any fact that nobody knows."""
        return any(Desk._may(pause, label, request.item) for label in request.labels)

    @staticmethod
    def _may(pause: Pause, said: DemandFacts, item: ItemFacts) -> bool:
        if not pause.under_way and said.arrived_epoch < pause.since_epoch:
            return False
        who = not (pause.jurisdictions or pause.agencies) or said.jurisdiction in (*pause.jurisdictions, None)
        country = said.agency.split("-")[0].upper() if said.agency else None
        who = who or said.agency in pause.agencies or country in pause.jurisdictions
        law = not pause.laws or said.instrument is None or any(said.instrument.startswith(each) for each in pause.laws)
        service = not pause.services or item.service in (*pause.services, None)
        subject = not pause.subjects or item.subject_country in (*pause.subjects, None)
        return who and law and service and subject

    @staticmethod
    def _surely(pause: Pause, said: DemandFacts, item: ItemFacts) -> bool:
        return Desk._may(replace(pause, under_way=True), said, item) and (
            pause.under_way or said.arrived_epoch >= pause.since_epoch
        )

    @staticmethod
    def _excepted(pause: Pause, request: Request) -> bool:
        return request.labels[0].instrument == "hk-nsl43-s7" and any(
            use.pause == pause.name
            and use.agreer is not None
            and use.agreer.code != use.proposer.code
            and use.epoch >= pause.since_epoch
            for use in request.uses
        )

    # --- how

    def _one(self, data: st.DataObject) -> Request | None:
        return data.draw(st.sampled_from(self.requests)) if self.requests else None

    def _approval(self, first: str, second: str | None, fields: frozenset[str]) -> ApprovalFacts:
        agreer = self.members[second] if second else None
        return ApprovalFacts(
            "release", fields, release.Period(), Ground.COMPELLED, self.members[first], agreer, self.epoch
        )

    def _facts(self, request: Request, who: str) -> ReleaseFacts:
        approval = request.approval
        if approval:
            agreer = self.members[approval.agreer.code] if approval.agreer else None
            approval = replace(approval, proposer=self.members[approval.proposer.code], agreer=agreer)
        uses = tuple(
            replace(use, proposer=self.members[use.proposer.code], agreer=self.members[use.agreer.code])
            if use.agreer
            else use
            for use in request.uses
        )
        packed = PackedItem(request.item, request.packed, release.Period(), approval, request.notice, (), uses)
        agency = request.labels[0].agency or AGENCIES[0]
        return ReleaseFacts(
            state=request.state,
            erased=False,
            labels=tuple(request.labels),
            demand_version=1,
            package_version=1,
            package_epoch=request.packed_epoch,
            package_destroyed=False,
            package_expires=START + timedelta(days=4000),
            finding=request.finding,
            recipient=RecipientFacts(str(agency), self.key_active, frozenset(), "f", True, False),
            items=(packed,),
            pauses=tuple(self.pauses),
            books=(BOOKS,),
            releaser=self.members[who],
            reconfirmed=tuple(request.confirmed),
        )


BOUNDS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def test_no_generated_history_breaks_a_promise_and_some_releases_are_let_out() -> None:
    seen.clear()
    run_state_machine_as_test(Desk, settings=BOUNDS)
    assert seen["allowed"] > 20, seen
    assert seen["refused"] > 20, seen


@pytest.mark.parametrize(
    ("module", "name", "broken"),
    [
        (pause_rules, "held_under_any", lambda *args, **named: None),
        (pause_rules, "last_lift_epoch", lambda *args, **named: 0),
        (release.pauselife, "needs_reconfirming", lambda *args, **named: False),
        (
            release.people,
            "approval_stands",
            lambda *args, **named: release.people.Ruling(True, (release._no("x", "x"),)),
        ),
        (release, "_of_the_least", lambda *args, **named: ()),
        (release, "_of_notice", lambda *args, **named: ()),
        (release, "_of_recipient", lambda *args, **named: ()),
    ],
)
def test_a_broken_rule_is_caught(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Any) -> None:
    """The control: without this rule the same machine finds a history that breaks a promise."""
    monkeypatch.setattr(module, name, broken)
    many = settings(BOUNDS, max_examples=5000, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Desk, settings=many)
