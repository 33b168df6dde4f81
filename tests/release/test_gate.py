"""The gate on a real desk: one release is allowed, and each single fact that changes turns it into a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from abeyance.answer import actions as answers
from abeyance.casefile import ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, NoticeFact, Package, Release
from abeyance.errors import Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.directory import actions as directory
from abeyance.policy import actions as policy
from abeyance.policy import queries
from abeyance.rules.notice import NoticeState
from tests.casefile.packed import codes, declare, hand_over, sealed, verdict
from tests.desk import Desk, demand

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
    directory.suspend_agency("hk-harbour-police", by=desk.first, now=desk.now())


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
