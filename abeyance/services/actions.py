"""Acts on the connected services. Connecting makes data reachable, so it takes two; disconnecting happens at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from abeyance import ledger
from abeyance.errors import BadInput, NotFound
from abeyance.people import proposals
from abeyance.people import queries as members
from abeyance.people.models import Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.events import AdminAct
from abeyance.rules.permissions import Permission
from abeyance.rules.texts import is_code
from abeyance.services import addresses
from abeyance.services.connector import relations_of
from abeyance.services.models import Service

CONNECT = "service-connect"


def propose_connection(
    name: str, connector: str, *, entity: str | None, address_file: str | None, by: str, now: datetime
) -> Proposal:
    """`address_file` is the plain name of a file in the home's `keys` folder; it may be put there later."""
    if not is_code(name) or not (entity is None or is_code(entity)):
        raise BadInput("A service and an entity are called by short names of a-z, 0-9, '-', '.', '_'.")
    relations_of(connector)
    file = addresses.checked_name(address_file or addresses.usual_file(name))
    payload = {"name": name, "connector": connector, "entity": entity, "address_file": file}
    return proposals.propose(CONNECT, name, payload, by=by, now=now)


@on_agreement(CONNECT, propose=Permission.POLICY_PROPOSE, agree=Permission.POLICY_AGREE)
def connect(proposal: Proposed, *, by: str, now: datetime) -> None:
    said = proposal.payload
    connected = {key: said[key] for key in ("connector", "entity", "address_file")}
    Service.objects.update_or_create(
        name=said["name"], defaults={**connected, "connected_at": now, "disconnected_at": None}
    )
    made = AdminAct(act="service-connected", subject=said["name"], digest=proposal.payload_digest.hex())
    ledger.append(made, by=by, now=now, epoch=proposal.epoch)


def disconnect(name: str, *, by: str, now: datetime) -> None:
    """Nothing more is read from it. What was gathered already is a matter of pauses and recall."""
    with transaction.atomic():
        members.require(by, Permission.PAUSE_DECLARE, now)
        ended = Service.objects.filter(name=name[:80], disconnected_at=None).update(disconnected_at=now)
        if not ended:
            raise NotFound(f"There is no connected service {name[:80]!r}.")
        ledger.append(AdminAct(act="service-disconnected", subject=name), by=by, now=now)
