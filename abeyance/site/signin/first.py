"""A member's account is made by the member, with the token that two others let them have."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from abeyance import ledger
from abeyance.errors import BadInput, Refused
from abeyance.people import queries as people
from abeyance.people.membership import locked_member
from abeyance.rules.decision import Reason
from abeyance.rules.events import AdminAct
from abeyance.site.signin.models import Account

NOT_GOOD = "This token is not the one of an active member. Ask two members for a new one: on the page Members."
HAS_ONE = "You have an account already. If you cannot sign in any more, two members can let you begin anew."


def make_account(token: str, password: str) -> Account:
    """Raises BadInput for a token that counts for nobody, Refused where there is an account that is not void."""
    code = people.member_for_token(token.strip())
    if code is None:
        raise BadInput(NOT_GOOD)
    now = timezone.now()
    with transaction.atomic():
        member = locked_member(code)
        account = Account.objects.filter(member=member).first()
        if account is not None and not account.is_void and has_factor(account):
            raise Refused([Reason("has-account", HAS_ONE, clause="people:has-account")])
        if account is not None:
            account.delete()
        made = Account.objects.create(member=member, name=member.handle, made_at=now, password=make_password(password))
        ledger.append(AdminAct(act="sign-in-made", subject=member.code), by=member.code, now=now)
    return made


def has_factor(account: Account) -> bool:
    from abeyance.site.signin import factors

    return factors.has_second(account)
