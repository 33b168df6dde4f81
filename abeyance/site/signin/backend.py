"""Who signs in: an account of an active member, read with the member each time."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from abeyance.site.signin.models import Account


class Members(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Account | None:
        account = Account.objects.select_related("member").filter(name=(username or "")[:64].strip().lower()).first()
        if account is None:
            make_password(password)  # as much work as for a name that exists
            return None
        # Who is away is told so, and gets no further (allauth asks `is_active` before it lets anybody in).
        return account if account.check_password(password or "") and (account.is_active or account.is_away) else None

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.select_related("member").filter(pk=user_id).first()
        return account if account is not None and account.is_active else None
