"""A desk on its first day: the shipped texts, and two founders who may do everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from abeyance.fence.models import Fence
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.models import Proposal
from abeyance.policy import actions, queries
from abeyance.seals import keyring

SHIPPED = actions.SHIPPED


class Desk:
    def __init__(self, home: Path, issued: tuple[people.Issued, ...]) -> None:
        self.home, self.issued = home, issued
        self.first, self.second = (each.member for each in issued)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def propose(self, body: str) -> Proposal:
        return actions.propose_text(body, by=self.first, now=self.now())

    def agree(self, proposal: Proposal) -> None:
        proposals.agree(proposal.code, by=self.second, now=self.now())

    def adopt(self, entry: str, days: int = 30, checked_against: str = "the gazette") -> Proposal:
        until = (self.now() + timedelta(days=days)).date()
        return actions.propose_adoption(entry, until, checked_against=checked_against, by=self.first, now=self.now())

    def law(self, name: str) -> str:
        return queries.body("law", name).body

    def policy(self) -> str:
        return queries.body("policy", "desk").body


@pytest.fixture
def desk(transactional_db: None, tmp_path: Path, settings: Any) -> Desk:
    settings.ABEYANCE_HOME = tmp_path
    keyring.create_trial(tmp_path)
    Fence.objects.get_or_create(id=1)
    issued = people.install_first_members(tmp_path)
    actions.install_defaults()
    return Desk(tmp_path, issued)
