"""Which factors a session has shown, and how lately."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest

from abeyance.site.signin.models import Account

STEP_UP_SECONDS = 600


def has_second(account: Account) -> bool:
    """Recovery codes alone are none: they come with one."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user=account, type__in=kinds).exists())


def shown_both(request: HttpRequest, account: Account) -> bool:
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, account))


def shown_lately(request: HttpRequest, account: Account) -> bool:
    """The second factor, within the last ten minutes, by a clock that has not been set back."""
    moments = [
        float(record["at"]) for record in get_authentication_records(request, account) if record.get("method") == "mfa"
    ]
    return bool(moments) and 0 <= time.time() - max(moments) < STEP_UP_SECONDS


def asks_again(account: Account) -> str:
    """The page that asks for the factor which this account has."""
    has_codes = Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if has_codes else "mfa_reauthenticate_webauthn"


@receiver(authenticator_added)
def _shown_by_adding(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    """Whoever has just proved the new factor has shown it."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, method="mfa", type=authenticator.type, reauthenticated=True)
