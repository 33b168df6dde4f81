"""The gate on a real desk: one release is allowed, and each single fact that changes turns it into a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyrage
import pytest
from django.db import connection, transaction

from abeyance import seals
from abeyance.answer import actions as answers
from abeyance.casefile import ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, CourtOrder, NoticeFact, Package, Release
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.pauses import court_orders, coverage, exceptions
from abeyance.pauses.weighing import weigh
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people import queries as queries_of_people
from abeyance.people.directory import actions as directory
from abeyance.people.directory.models import Agency, AgencyKey
from abeyance.people.models import Member
from abeyance.policy import actions as policy
from abeyance.policy import queries
from abeyance.release import actions
from abeyance.rules.decision import Reason
from abeyance.rules.notice import NoticeState
from abeyance.rules.permissions import Role
from abeyance.site.demo.cast import POLICE
from tests.casefile.packed import codes, declare, hand_over, sealed, verdict
from tests.desk import Desk, demand, item

Change = Callable[[Desk, Package], object]

NOT_BEFORE = """
[[entry.clock]]
id = "wait"
kind = "release"
direction = "not-before"
after = "arrived"
length = 10
unit = "calendar-days"
citation = "Schedule 7, as invented"
sentence = "Nothing goes within ten days."

[[entry]]
id = "hk-icso"
"""


def withdraw_the_answer(desk: Desk, package: Package) -> None:
    answers.withdraw(package.case.ref, "a second look", by=desk.first, now=desk.now())


def take_away_the_approval_alone(desk: Desk, package: Package) -> None:
    for packed in package.items.all():
        packed.item.approvals.update(withdrawn_at=desk.now())


def remove_who_proposed(desk: Desk, package: Package) -> None:
    people.remove_member(desk.first, by=desk.second, now=desk.now())


def remove_who_agreed_and_releases(desk: Desk, package: Package) -> None:
    people.remove_member(desk.second, by=desk.first, now=desk.now())


def exclude_who_proposed(desk: Desk, package: Package) -> None:
    people.exclude_self("HK", by=desk.first, now=desk.now())


def exclude_who_releases(desk: Desk, package: Package) -> None:
    people.exclude_self("HK", by=desk.second, now=desk.now())


def take_the_role_of_who_releases(desk: Desk, package: Package) -> None:
    waiting = people.propose_roles(desk.second, ["auditor", "administrator"], by=desk.second, now=desk.now())
    proposals.agree(waiting.code, by=desk.first, now=desk.now())


def guard_the_jurisdiction(desk: Desk, package: Package) -> None:
    body = queries.body("policy", "desk").body
    assert "guarded = []" in body
    adopt(desk, body.replace("guarded = []", 'guarded = ["HK"]'))


def revoke_the_key(desk: Desk, package: Package) -> None:
    directory.revoke_key(desk.cast.fingerprint, by=desk.first, now=desk.now())


def suspend_the_agency(desk: Desk, package: Package) -> None:
    directory.suspend_agency(POLICE, by=desk.first, now=desk.now())


def propose_a_stricter_policy(desk: Desk, package: Package) -> None:
    body = queries.body("policy", "desk").body
    clause = 'sentence = "What the law of our own seat compels is given, if everything else is in order."\n'
    refusing = body.replace(f'{clause}outcome = "proceed"', f'{clause}outcome = "refuse"')
    assert refusing != body
    policy.propose_text(refusing, by=desk.first, now=desk.now())


def allow_fewer_fields(desk: Desk, package: Package) -> None:
    body = queries.body("policy", "desk").body
    policy.propose_text(body.replace('"telephone", ', ""), by=desk.first, now=desk.now())


def end_the_adoption(desk: Desk, package: Package) -> None:
    policy.end_adoption("hk-nsl43-s7", by=desk.first, now=desk.now())


def law_with_a_wait(desk: Desk, package: Package) -> None:
    body = queries.body("law", "hk").body
    adopt(desk, body.replace('\n[[entry]]\nid = "hk-icso"\n', NOT_BEFORE))
    until = (desk.now() + timedelta(days=30)).date()
    waiting = policy.propose_adoption(
        "hk-nsl43-s7", until, checked_against="as invented", by=desk.first, now=desk.now()
    )
    proposals.agree(waiting.code, by=desk.second, now=desk.now())


def adopt(desk: Desk, body: str) -> None:
    proposals.agree(policy.propose_text(body, by=desk.first, now=desk.now()).code, by=desk.second, now=desk.now())


def forget_the_notice(desk: Desk, package: Package) -> None:
    NoticeFact.objects.all().delete()


def end_the_bar(desk: Desk, package: Package) -> None:
    NoticeFact.objects.update(until=desk.now() - timedelta(seconds=1))


def defer_the_notice_alone(desk: Desk, package: Package) -> None:
    told = Told(NoticeState.DEFERRED, desk.now() + timedelta(days=9), reason="not yet")
    notices.record(package.case.ref, told, by=desk.first, now=desk.now())


def object_to_it(desk: Desk, package: Package) -> None:
    notices.objection(package.case.ref, 1, answered=False, by=desk.first, now=desk.now())


def let_the_package_expire(desk: Desk, package: Package) -> None:
    Package.objects.update(expires_at=desk.now() - timedelta(seconds=1))


def destroy_the_package(desk: Desk, package: Package) -> None:
    with transaction.atomic():
        retention.destroy_package(package, "not-needed", by=desk.first, now=desk.now())


def amend_the_demand(desk: Desk, package: Package) -> None:
    confirming.confirm(package.case.ref, demand(), by=desk.first, now=desk.now())


def close_it(desk: Desk, package: Package) -> None:
    ending.close(package.case.ref, Closing.LAPSED, by=desk.first, now=desk.now())


def erase_it(desk: Desk, package: Package) -> None:
    close_it(desk, package)
    retention.erase(package.case.ref, "retention", by=desk.first, now=desk.now())


def mark_erased_alone(desk: Desk, package: Package) -> None:
    Case.objects.update(erased_at=desk.now())


def age_the_finding(desk: Desk, package: Package) -> None:
    package.case.findings.update(at=desk.now() - timedelta(days=400))


def find_it_false(desk: Desk, package: Package) -> None:
    package.case.findings.create(
        demand_version=package.demand_version, genuine=False, how="call-back", by=desk.first, at=desk.now(), epoch=9999
    )


def pack_more_than_was_approved(desk: Desk, package: Package) -> None:
    package.items.update(fields=["telephone", "created-at", "email"])


FACTS: list[tuple[Change, str]] = [
    (withdraw_the_answer, "not-at-release"),
    (take_away_the_approval_alone, "not-approved"),
    (remove_who_proposed, "member-inactive"),
    (remove_who_agreed_and_releases, "member-inactive"),
    (exclude_who_proposed, "takes-no-part"),
    (exclude_who_releases, "takes-no-part"),
    (take_the_role_of_who_releases, "no-permission"),
    (guard_the_jurisdiction, "takes-no-part"),
    (revoke_the_key, "no-recipient"),
    (suspend_the_agency, "no-recipient"),
    (lambda desk, _: declare(desk), "held-by-pause"),
    (lambda desk, _: declare(desk, mode="refuse"), "refused-by-pause"),
    (lambda desk, _: declare(desk, jurisdictions=[], subjects=["HK"], stages=["release"]), "held-by-pause"),
    (propose_a_stricter_policy, "policy-clause"),
    (allow_fewer_fields, "more-than-allowed"),
    (end_the_adoption, "law-not-in-force"),
    (law_with_a_wait, "not-before"),
    (forget_the_notice, "notice-missing"),
    (end_the_bar, "bar-over"),
    (defer_the_notice_alone, "deferral-unfounded"),
    (object_to_it, "objection-open"),
    (let_the_package_expire, "package-expired"),
    (destroy_the_package, "package-destroyed"),
    (amend_the_demand, "older-version"),
    (close_it, "not-at-release"),
    (erase_it, "erased"),
    (mark_erased_alone, "erased"),
    (age_the_finding, "finding-old"),
    (find_it_false, "not-genuine"),
    (pack_more_than_was_approved, "more-than-allowed"),
]


@pytest.mark.parametrize(("change", "code"), FACTS)
def test_an_allowed_release_is_refused_once_one_fact_has_changed(desk: Desk, change: Change, code: str) -> None:
    package = sealed(desk)
    assert verdict(desk, package).allowed
    change(desk, package)
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        hand_over(desk, package)
    assert code in codes(refused.value)
    assert not Release.objects.exists()
    assert Entry.objects.count() == before


def a_key_of(desk: Desk, agency: str) -> str:
    public = str(pyrage.x25519.Identity.generate().to_public())
    waiting = directory.propose_key(agency, "age", public, by=desk.first, now=desk.now())
    proposals.agree(waiting.code, by=desk.second, now=desk.now())
    return AgencyKey.objects.get(public_key=public).fingerprint


def test_only_a_key_of_the_agency_that_asks_is_a_way_out(desk: Desk) -> None:
    package = sealed(desk)
    other = Agency.objects.exclude(code=POLICE).filter(active=True).order_by("code").first()
    assert other is not None
    found = verdict(desk, package, to=a_key_of(desk, other.code))
    assert codes(found) == {"other-agency"}
    assert codes(verdict(desk, package, to="age1nobody")) == {"no-recipient"}
    assert verdict(desk, package, to=a_key_of(desk, POLICE)).allowed


def test_who_may_not_release_does_not(desk: Desk) -> None:
    package = sealed(desk)
    waiting = people.propose_member("clerk", [Role.INTAKE_CLERK.value], by=desk.first, now=desk.now())
    proposals.agree(waiting.code, by=desk.second, now=desk.now())
    clerk = queries_of_people.code_of("clerk")
    assert codes(verdict(desk, package, by=clerk)) == {"no-permission"}
    assert codes(verdict(desk, package, by="operator")) == {"credential-needed"}
    assert verdict(desk, package).allowed


EXCEPTIONS = [
    {"name": "schedule-7", "sentence": "Orders of the court.", "instruments": ["hk-nsl43-s7"]},
    {"name": "life-at-risk", "sentence": "Danger to life.", "kinds": ["emergency"]},
]


def test_an_exception_agreed_under_an_older_pause_says_nothing_of_a_newer_one(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk, exceptions=EXCEPTIONS)
    ref = package.case.ref
    with pytest.raises(Refused) as unmet:
        exceptions.propose_use(ref, "HK-2020-07", "life-at-risk", by=desk.first, now=desk.now())
    assert codes(unmet.value) == {"exception-does-not-fit"}
    exceptions.propose_use(ref, "HK-2020-07", "schedule-7", by=desk.first, now=desk.now())
    exceptions.agree_use(ref, "HK-2020-07", "schedule-7", by=desk.second, now=desk.now())
    assert verdict(desk, package).allowed
    declare(desk, name="HK-2020-08", exceptions=EXCEPTIONS)
    [reason] = verdict(desk, package).reasons
    assert reason.pause == "HK-2020-08"


def test_every_exception_that_was_used_is_named_however_long_their_names(desk: Desk) -> None:
    package, names = sealed(desk), [f"{letter}{'-court-order' * 5}" for letter in "abc"]
    for number, name in enumerate(names):
        announced = [{"name": name, "sentence": "Orders of the court.", "instruments": ["hk-nsl43-s7"]}]
        declare(desk, name=f"HK-{number}", exceptions=announced)
        exceptions.propose_use(package.case.ref, f"HK-{number}", name, by=desk.first, now=desk.now())
        exceptions.agree_use(package.case.ref, f"HK-{number}", name, by=desk.second, now=desk.now())
    used = [f"HK-{number}/{name}" for number, name in enumerate(names)]
    hand_over(desk, package)
    assert Release.objects.get().exception.split(",") == used
    assert json.loads(Entry.objects.get(kind="Released").content)["event"]["exceptions"] == used


def test_what_is_handed_over_is_recorded_whole_in_one_commit(desk: Desk) -> None:
    package = sealed(desk)
    assert hand_over(desk, package)[:2] == b"PK"
    row = Release.objects.get()
    entry = Entry.objects.get(kind="Released")
    case = Case.objects.get()
    assert (case.state, row.state, row.by, row.channel) == ("released", "started", desk.second, "file")
    assert (entry.act, entry.epoch, entry.case) == (row.act, row.epoch, case.ref)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'release.follow_up' AND args->>'release' = %s",
            [str(row.pk)],
        )
        assert cursor.fetchone() == (1,)


def test_the_key_holder_opens_a_package_against_its_own_committed_release_alone(desk: Desk) -> None:
    package, other = sealed(desk), sealed(desk)
    path = retention.package_file(package)

    def open_it(act: UUID) -> bytes:
        return b"".join(seals.open_package(package.case.holder, path, place=package.place, release_act=act))

    hand_over(desk, other)
    for act in (uuid4(), Release.objects.get().act):
        with pytest.raises(Refused):
            open_it(act)
    with pytest.raises(BadInput):
        b"".join(seals.unseal_file(package.case.holder, path, place=package.place))
    made_now, made_earlier = (attempt(desk, package, desk.now() - timedelta(minutes=ago)) for ago in (0, 11))
    assert open_it(made_now)[:2] == b"PK"
    for act in (made_now, made_earlier):  # used up; and too old
        with pytest.raises(Refused):
            open_it(act)


def attempt(desk: Desk, package: Package, made: datetime) -> UUID:
    """A release row as the gate writes it."""
    key = desk.cast.fingerprint
    return package.releases.create(act=uuid4(), made=made, epoch=0, by=desk.second, channel="file", agency_key=key).act


def test_an_uncommitted_release_opens_nothing(desk: Desk) -> None:
    package = sealed(desk)
    with transaction.atomic():
        act = attempt(desk, package, desk.now())
        with pytest.raises(Refused):
            seals.open_package(
                package.case.holder, retention.package_file(package), place=package.place, release_act=act
            )
    assert Release.objects.filter(act=act).exists()


CODE = Path(actions.__file__).parent.parent
WRITES = re.compile(r"Release\.objects\.(create|bulk_create|get_or_create|update_or_create)|releases\.create|Release\(")
OPENS = re.compile(r"(?<!def )\bopen_package\(")


@pytest.mark.parametrize("pattern", [WRITES, OPENS])
def test_nothing_but_the_gate_writes_a_release_or_opens_a_package(pattern: re.Pattern[str]) -> None:
    ours = [path for path in CODE.rglob("*.py") if "migrations" not in path.parts and path.name != "handovers.py"]
    found = [path.relative_to(CODE).as_posix() for path in ours if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == ["release/actions.py"]


def a_third_member(desk: Desk) -> str:
    third = Member.objects.get(code=desk.second)
    third.pk, third.code, third.handle = None, "M-third", "third"
    third.save()
    return third.code


def an_order(desk: Desk, package: Package, *, by: str = "", **changes: Any) -> CourtOrder:
    said: dict[str, Any] = {"pause": "HK-2020-07", "court": "High Court", "citation": "HCMP 1/2026"}
    stated = court_orders.Stated(**said | {"decided_on": desk.now().date()} | changes)
    return court_orders.propose(package.case.ref, stated, by=by or desk.first, now=desk.now())


def agreed_order(desk: Desk, package: Package, **changes: Any) -> CourtOrder:
    row = an_order(desk, package, **changes)
    return court_orders.agree(package.case.ref, row.key, by=desk.second, now=desk.now())


def roles(code: str, *names: Role) -> None:
    Member.objects.filter(code=code).update(roles=[name.value for name in names])


NOT_OVERRIDDEN: dict[str, Callable[[Desk, Package], object]] = {
    "one person": an_order,
    "withdrawn": lambda desk, package: court_orders.withdraw(
        package.case.ref, agreed_order(desk, package).key, by=desk.second, now=desk.now()
    ),
    "another request": an_order,  # agreed for another one below
    "another item": lambda desk, package: CourtOrder.objects.filter(pk=agreed_order(desk, package).pk).update(
        items=[2]
    ),
    "another version": lambda desk, package: CourtOrder.objects.filter(pk=agreed_order(desk, package).pk).update(
        version=9
    ),
    "a later pause": lambda desk, package: (agreed_order(desk, package), declare(desk, name="HK-2020-08")),
    "no counsel": lambda desk, package: (
        agreed_order(desk, package),
        roles(desk.first, Role.REVIEWER, Role.APPROVER),
    ),
    "an agreer who has left": lambda desk, package: (
        agreed_order(desk, package),
        Member.objects.filter(code=desk.second).update(roles=[Role.ADMINISTRATOR.value]),
    ),
}


@pytest.mark.parametrize("why", list(NOT_OVERRIDDEN))
def test_a_courts_order_overrides_a_pause_only_when_everything_about_it_is_right(desk: Desk, why: str) -> None:
    package = sealed(desk)
    if why == "another request":
        other = sealed(desk)
        declare(desk)
        agreed_order(desk, other)
    else:
        declare(desk)
        NOT_OVERRIDDEN[why](desk, package)
    found = verdict(desk, package)
    assert not found.allowed
    assert "held-by-pause" in codes(found)


def test_a_courts_order_is_good_for_what_two_people_saw_and_for_no_wider_version_of_the_demand(desk: Desk) -> None:
    ref = desk.genuine(items=[item(fields=["telephone"])])
    declare(desk)
    before = [each.code for each in held_for(desk, ref)]
    stated = court_orders.Stated("HK-2020-07", "High Court", "HCMP 1/2026", desk.now().date())
    first, second = (court_orders.propose(ref, stated, by=desk.first, now=desk.now()) for _ in range(2))
    court_orders.agree(ref, first.key, by=desk.second, now=desk.now())
    assert (before, held_for(desk, ref)) == (["held-by-pause"] * len(before), [])
    confirming.confirm(ref, demand(items=[item(fields=["telephone", "email"])]), by=desk.first, now=desk.now())
    assert {each.code for each in held_for(desk, ref)} == {"held-by-pause"}
    with pytest.raises(Refused) as older:
        court_orders.agree(ref, second.key, by=desk.second, now=desk.now())
    assert codes(older.value) == {"order-of-older-version"}
    anew = court_orders.propose(ref, stated, by=desk.first, now=desk.now())
    court_orders.agree(ref, anew.key, by=desk.second, now=desk.now())
    assert held_for(desk, ref) == []


def held_for(desk: Desk, ref: str) -> list[Reason]:
    _, (weighed,) = weigh(desk.case(ref), now=desk.now())
    return [held.reason for held in weighed.held]


def test_a_right_order_of_a_court_lets_the_paused_package_out_and_its_release_names_it(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk)
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    row = agreed_order(desk, package, items=frozenset({1}), document=b"The order itself.")
    assert hand_over(desk, package)[:2] == b"PK"
    assert Release.objects.get().exception == "HK-2020-07/court-order"
    assert coverage.released_under({"HK-2020-07"}) == {"HK-2020-07/court-order": 1}
    assert court_orders.document_of(row) == b"The order itself."
    assert not {held.pause for one in weigh(desk.case(package.case.ref), now=desk.now())[1] for held in one.held}


def test_who_is_not_counsel_records_no_order_and_one_person_does_not_agree_alone(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk)
    roles(desk.second, Role.REVIEWER, Role.APPROVER)
    with pytest.raises(Refused) as refused:
        an_order(desk, package, by=desk.second)
    assert codes(refused.value) == {"no-permission"}
    row = an_order(desk, package)
    with pytest.raises(Refused) as refused:
        court_orders.agree(package.case.ref, row.key, by=desk.first, now=desk.now())
    assert "same-person" in codes(refused.value)
    with pytest.raises(BadInput):
        an_order(desk, package, court="")
    court_orders.agree(package.case.ref, row.key, by=desk.second, now=desk.now())
    assert verdict(desk, package, by=desk.first).allowed


def test_an_order_is_published_when_its_bar_is_over(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk)
    row = agreed_order(desk, package, barred_until=desk.now() + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        court_orders.publish(package.case.ref, row.key, by=desk.first, now=desk.now())
    assert codes(refused.value) == {"order-barred"}
    CourtOrder.objects.update(barred_until=desk.now())
    court_orders.publish(package.case.ref, row.key, by=desk.first, now=desk.now())
    entry = Entry.objects.get(kind="CourtOrderPublished")
    assert (entry.public, entry.case) == (True, None)
    assert b"HCMP 1/2026" in bytes(entry.content)
    assert not Entry.objects.filter(kind="CourtOrderProposed", public=True).exists()


def test_an_exception_or_an_order_counts_no_more_once_who_agreed_takes_no_part(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk, exceptions=EXCEPTIONS)
    exceptions.propose_use(package.case.ref, "HK-2020-07", "schedule-7", by=desk.second, now=desk.now())
    third = a_third_member(desk)
    exceptions.agree_use(package.case.ref, "HK-2020-07", "schedule-7", by=third, now=desk.now())
    assert verdict(desk, package).allowed
    row = an_order(desk, package, by=desk.second)
    court_orders.agree(package.case.ref, row.key, by=third, now=desk.now())
    people.exclude_self("HK", by=third, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}


def test_an_exception_that_two_agreed_to_for_one_version_of_a_demand_is_not_used_for_the_next(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk, stages=["release"], exceptions=EXCEPTIONS)
    ref = package.case.ref
    exceptions.propose_use(ref, "HK-2020-07", "schedule-7", by=desk.first, now=desk.now())
    exceptions.agree_use(ref, "HK-2020-07", "schedule-7", by=desk.second, now=desk.now())
    assert not weigh(desk.case(ref), now=desk.now())[1][0].held
    confirming.confirm(ref, demand(items=[item(identifier="+85291230000")]), by=desk.first, now=desk.now())
    assert weigh(desk.case(ref), now=desk.now())[1][0].held
    with pytest.raises(NotFound):
        exceptions.agree_use(ref, "HK-2020-07", "schedule-7", by=desk.second, now=desk.now())
    assert "held-by-pause" in codes(verdict(desk, package))
