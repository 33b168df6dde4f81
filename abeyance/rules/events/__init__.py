"""Every kind of event that the ledger knows. `base` says how to add one."""

from __future__ import annotations

from abeyance.rules.events.base import REGISTRY, BadEvent, Event, canonical, from_dict, read_moment, spell_moment
from abeyance.rules.events.cases import *  # noqa: F403
from abeyance.rules.events.desk import *  # noqa: F403
from abeyance.rules.events.diligence import *  # noqa: F403
from abeyance.rules.events.patterns import *  # noqa: F403
from abeyance.rules.events.pauses import *  # noqa: F403
from abeyance.rules.events.people import *  # noqa: F403
from abeyance.rules.events.reporting import *  # noqa: F403

__all__ = [
    "REGISTRY",
    "BadEvent",
    "Event",
    "canonical",
    "from_dict",
    "read_moment",
    "spell_moment",
    *REGISTRY,
]
