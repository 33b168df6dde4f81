"""Members who are signed in, for tests of pages that are not about signing in."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache

from django.contrib.auth.hashers import make_password
from django.test import Client

from abeyance.people.models import Member
from abeyance.rules.permissions import Role
from abeyance.site.signin.models import Account

PASSWORD = "amber-birch-cedar-delta"
BACKEND = "abeyance.site.signin.backend.Members"


def member_with(*roles: Role, name: str | None = None) -> Member:
    now = datetime.now(UTC)
    handle = name or "-".join(["only", *(role.value for role in roles)])
    return Member.objects.create(
        handle=handle,
        roles=[role.value for role in roles],
        founder=True,
        added_at=now,
        added_by="test",
        roles_since=now,
    )


@cache
def _kept() -> str:
    """Once: making it is slow on purpose."""
    return make_password(PASSWORD)


def account_of(member: Member, *, factor: bool = True) -> Account:
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    account, _made = Account.objects.get_or_create(
        member=member,
        defaults={"name": member.handle, "made_at": datetime.now(UTC), "password": _kept()},
    )
    if factor:
        secret = {"secret": get_adapter().encrypt("JBSWY3DPEHPK3PXP")}
        Authenticator.objects.get_or_create(user=account, type="totp", defaults={"data": secret})
    return account


def signed_in(code: str, *, lately: bool = True, factor: bool = True, shown: bool = True) -> Client:
    """A browser of this member. `lately`: the second factor was shown just now; `shown`: it was shown at all."""
    from allauth.account.internal.userkit import user_id_to_str

    account = account_of(Member.objects.get(code=code), factor=factor)
    client = Client(HTTP_ACCEPT="text/html")
    client.force_login(account, backend=BACKEND)
    session = client.session
    at = time.time() if lately else time.time() - 3600
    records = [{"method": "password", "at": at, "reauthenticated": True}]
    records += [{"method": "mfa", "type": "totp", "at": at}] if shown else []
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = user_id_to_str(account)
    session.save()
    return client
