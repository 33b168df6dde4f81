"""Services as the command line and the API show them."""

from __future__ import annotations

from typing import Any

from abeyance.rules.services import DataMap
from abeyance.services.models import Service
from abeyance.services.postgres.access import Access


def summary(row: Service) -> dict[str, Any]:
    return {
        "service": row.name,
        "connector": row.connector,
        "entity": row.entity,
        "address_file": row.address_file,
        "connected": row.disconnected_at is None,
    }


def checked(held: DataMap, access: Access) -> dict[str, Any]:
    return {
        "service": held.service,
        "map": held.digest,
        "fit": access.fit,
        "dangers": list(access.dangers),
        "missing": list(access.missing),
        "beyond": list(access.beyond),
    }


def checked_text(held: DataMap, access: Access) -> str:
    lines = [f"{held.title} ({held.service}): {'in order' if access.fit else 'not in order'}."]
    lines += [f"  The role {danger}." for danger in access.dangers]
    lines += [f"  The data map lists {column}, which the role may not read." for column in access.missing]
    lines += [f"  The role may read {column}, which the data map does not need." for column in access.beyond]
    return "\n".join(lines)
