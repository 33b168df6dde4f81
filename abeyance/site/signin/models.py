"""How a member signs in. The member is in `people`; this is only the lock on the door."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from abeyance.people.models import Member


class Accounts(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.select_related("member").get(name=username)


class Account(AbstractBaseUser):
    """Made by the member with the token that two people let them have; void after the next reset of their factors."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="account")
    name = models.CharField(max_length=64, unique=True)  # the member's handle
    made_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="UTC")  # in which this person reads dates
    last_login = None

    USERNAME_FIELD = "name"
    objects = Accounts()

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.member.active and not self.is_away and not self.is_void

    @property
    def is_away(self) -> bool:
        """Shut out for a journey; see `people.travel`."""
        return self.member.away_until is not None

    @property
    def is_void(self) -> bool:
        """Two members have let this one begin anew since."""
        reset: datetime | None = self.member.factor_reset_at
        return reset is not None and reset > self.made_at
