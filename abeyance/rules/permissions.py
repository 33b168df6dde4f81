"""Roles, permissions and the one table between them: what a member's roles allow at all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    INTAKE_CLERK = "intake-clerk"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    COUNSEL = "counsel"
    ADVISER = "adviser"  # the confidential adviser, who keeps the lists of guarded jurisdictions
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    GUEST_COUNSEL = "guest-counsel"  # outside counsel: a second person in a declared small team


class Permission(StrEnum):
    """thing:act, in alphabetical order."""

    AGENCY_AGREE = "agency:agree"
    AGENCY_PROPOSE = "agency:propose"
    AGENCY_REVOKE = "agency:revoke"
    ANSWER_AGREE = "answer:agree"
    ANSWER_PROPOSE = "answer:propose"
    CASE_CLOSE = "case:close"
    CASE_READ = "case:read"
    CASE_RECALL = "case:recall"
    CLOCK_SET = "clock:set"
    COURT_ORDER_AGREE = "court-order:agree"
    COURT_ORDER_PROPOSE = "court-order:propose"
    DEMAND_AMEND = "demand:amend"
    DEMAND_CONFIRM = "demand:confirm"
    DILIGENCE_AGREE = "diligence:agree"
    DILIGENCE_PRIVILEGED = "diligence:privileged"
    DILIGENCE_READ = "diligence:read"
    DILIGENCE_WRITE = "diligence:write"
    EXCLUSION_SET_OWN = "exclusion:set-own"
    GUARDED_KEEP = "guarded:keep"
    HEARING_DECIDE = "hearing:decide"
    HEARING_READ = "hearing:read"
    HEARING_RECEIVE = "hearing:receive"
    HOLD_SET = "hold:set"
    INTAKE_RECEIVE = "intake:receive"
    KEYS_ROTATE = "keys:rotate"
    LAW_ADOPT = "law:adopt"
    LEDGER_READ = "ledger:read"
    MEMBER_AGREE = "member:agree"
    MEMBER_PROPOSE = "member:propose"
    MEMBER_REMOVE = "member:remove"
    NOTICE_RECORD = "notice:record"
    PACKAGE_GATHER = "package:gather"
    PACKAGE_RELEASE = "package:release"
    PAUSE_AGREE_LIFT = "pause:agree-lift"
    PAUSE_AMEND = "pause:amend"
    PAUSE_DECLARE = "pause:declare"
    PAUSE_DRAFT = "pause:draft"
    PAUSE_LIFT = "pause:lift"
    POLICY_AGREE = "policy:agree"
    POLICY_PROPOSE = "policy:propose"
    PROPOSAL_WITHDRAW = "proposal:withdraw"
    READER_ADD = "reader:add"
    REQUESTER_VERIFY = "requester:verify"
    RETENTION_ERASE = "retention:erase"


P = Permission

_EVERYBODY = frozenset({P.EXCLUSION_SET_OWN, P.PROPOSAL_WITHDRAW})
_CLERK = (
    _EVERYBODY
    | {P.CASE_READ, P.CLOCK_SET, P.DEMAND_AMEND, P.DEMAND_CONFIRM, P.HEARING_READ, P.HEARING_RECEIVE}
    | {P.INTAKE_RECEIVE, P.REQUESTER_VERIFY}
)
_DILIGENCE = frozenset({P.DILIGENCE_READ, P.DILIGENCE_WRITE})
_HEARING = frozenset({P.HEARING_DECIDE, P.HEARING_READ, P.HEARING_RECEIVE})
_PAUSING = frozenset({P.PAUSE_AGREE_LIFT, P.PAUSE_AMEND, P.PAUSE_DECLARE, P.PAUSE_DRAFT, P.PAUSE_LIFT})

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.INTAKE_CLERK: _CLERK,
    Role.REVIEWER: _CLERK
    | _DILIGENCE
    | {P.AGENCY_PROPOSE, P.AGENCY_REVOKE, P.ANSWER_PROPOSE, P.CASE_CLOSE, P.CASE_RECALL, P.HOLD_SET}
    | {P.NOTICE_RECORD, P.PACKAGE_GATHER, P.PAUSE_DECLARE, P.PAUSE_DRAFT, P.READER_ADD},
    Role.APPROVER: _EVERYBODY
    | _HEARING
    | _PAUSING
    | _DILIGENCE
    | {P.DILIGENCE_AGREE}
    | {P.AGENCY_AGREE, P.AGENCY_REVOKE, P.ANSWER_AGREE, P.CASE_READ, P.CASE_RECALL, P.COURT_ORDER_AGREE, P.HOLD_SET}
    | {P.NOTICE_RECORD, P.PACKAGE_RELEASE, P.POLICY_AGREE, P.READER_ADD},
    Role.COUNSEL: _EVERYBODY
    | _HEARING
    | _PAUSING
    | _DILIGENCE
    | {P.DILIGENCE_AGREE, P.DILIGENCE_PRIVILEGED}
    | {P.AGENCY_AGREE, P.AGENCY_PROPOSE, P.AGENCY_REVOKE, P.ANSWER_AGREE, P.ANSWER_PROPOSE, P.CASE_CLOSE}
    | {P.CASE_READ, P.CASE_RECALL, P.CLOCK_SET, P.COURT_ORDER_AGREE, P.COURT_ORDER_PROPOSE}
    | {P.DEMAND_AMEND, P.DEMAND_CONFIRM, P.HOLD_SET, P.LAW_ADOPT}
    | {P.NOTICE_RECORD, P.PACKAGE_GATHER, P.PACKAGE_RELEASE, P.POLICY_AGREE, P.POLICY_PROPOSE, P.READER_ADD}
    | {P.REQUESTER_VERIFY, P.RETENTION_ERASE},  # counsel alone must be able to answer what only counsel may read
    Role.ADVISER: _EVERYBODY | _HEARING | {P.GUARDED_KEEP},
    Role.AUDITOR: _EVERYBODY | _HEARING | {P.DILIGENCE_READ, P.LEDGER_READ},
    Role.ADMINISTRATOR: _EVERYBODY
    | {P.AGENCY_PROPOSE, P.AGENCY_REVOKE, P.KEYS_ROTATE, P.LEDGER_READ, P.MEMBER_AGREE, P.MEMBER_PROPOSE}
    | {P.MEMBER_REMOVE, P.POLICY_PROPOSE, P.RETENTION_ERASE},
    Role.GUEST_COUNSEL: frozenset({P.ANSWER_AGREE, P.CASE_READ, P.PAUSE_AGREE_LIFT, P.POLICY_AGREE})
    | {P.DILIGENCE_AGREE, P.DILIGENCE_PRIVILEGED, P.DILIGENCE_READ},
}

# What a person at the shell may do without a member's credential: record and tighten. Not propose either: whoever has
# both the shell and one credential would otherwise be two people.
OPERATOR_PERMISSIONS: frozenset[Permission] = frozenset(
    {P.AGENCY_REVOKE, P.CASE_READ, P.CLOCK_SET, P.DEMAND_AMEND, P.DEMAND_CONFIRM, P.HEARING_RECEIVE, P.HOLD_SET}
    | {P.INTAKE_RECEIVE, P.KEYS_ROTATE, P.LEDGER_READ, P.MEMBER_REMOVE, P.NOTICE_RECORD, P.PAUSE_DECLARE, P.PAUSE_DRAFT}
    | {P.PROPOSAL_WITHDRAW}
)


def roles_with(permission: Permission) -> frozenset[Role]:
    return frozenset(role for role, granted in ROLE_PERMISSIONS.items() if permission in granted)
