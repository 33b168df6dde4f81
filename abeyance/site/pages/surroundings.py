"""What every template is given beside its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from abeyance.people import queries as people
from abeyance.rules.permissions import Permission
from abeyance.site.signin.models import Account


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; `permission` None is for every member."""

    name: Promise
    address: str
    permission: Permission | None = None


PLACES = (
    Place(_("Desk"), "/"),
    Place(_("Requests"), "/requests/", Permission.CASE_READ),
    Place(_("Pauses"), "/pauses/"),
    Place(_("Assessments"), "/assessments/", Permission.DILIGENCE_READ),
    Place(_("Agencies"), "/agencies/"),
    Place(_("Policy and law"), "/policy/"),
    Place(_("Services"), "/services/"),
    Place(_("Ledger"), "/ledger/", Permission.LEDGER_READ),
    Place(_("Members"), "/members/"),
    Place(_("On call"), "/on-call/"),
    Place(_("Operation"), "/operation/"),
)


def of_the_desk(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    account = user if isinstance(user, Account) else None
    member = getattr(request, "member", None)
    if account is None or member is None:
        return {"places": (), "site": "desk"}
    allowed = people.as_actor(account.member).permissions
    places = [place for place in PLACES if place.permission is None or place.permission in allowed]
    return {
        "site": "desk",
        "account": account,
        "member": member,
        "places": [(place, _here(request.path, place.address)) for place in places],
        "may": {permission.name.lower() for permission in allowed},
        "zone": timezone.get_current_timezone_name(),
    }


def of_the_portal(request: HttpRequest) -> dict[str, Any]:
    return {"places": (), "site": "portal"}


def _here(path: str, address: str) -> bool:
    return path == address if address == "/" else path.startswith(address)
