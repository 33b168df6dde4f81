"""A set-up desk with its cast: two founders who may do everything, and people who may do one thing each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from abeyance.fence.models import Fence
from abeyance.people import actions, proposals
from abeyance.people.actions import Issued
from abeyance.people.models import Member
from abeyance.rules.people import Role
from abeyance.seals import keyring

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2020, 7, 6, 9, 0, tzinfo=UTC)


class Desk:
    """`first` and `second` are the codes of the founders."""

    def __init__(self, home: Path, issued: tuple[Issued, ...]) -> None:
        self.home, self.issued = home, issued
        self.first, self.second = (each.member for each in issued)

    def token_of(self, code: str) -> str:
        return next(each.token for each in self.issued if each.member == code)

    def member(self, handle: str, *roles: Role, since: datetime = LONG_AGO) -> str:
        """A member by the ordinary way, added at `since`."""
        proposal = actions.propose_member(handle, [role.value for role in roles], by=self.first, now=since)
        proposals.agree(proposal.code, by=self.second, now=since)
        return Member.objects.get(handle=handle).code


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.ABEYANCE_HOME = tmp_path
    keyring.create_trial(tmp_path)
    return tmp_path


@pytest.fixture
def desk(transactional_db: None, home: Path) -> Desk:
    Fence.objects.get_or_create(id=1)
    return Desk(home, actions.install_first_members(home))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def a_day_later() -> datetime:
    return NOW + timedelta(hours=24)
