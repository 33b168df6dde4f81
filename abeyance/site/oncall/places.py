"""Where a member may have alarms sent: by services that carry a message over the network, and to no address inside."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from abeyance.errors import BadInput
from abeyance.rules.addresses import is_outside

# Services with addresses of their own: what stands where others have a host is a key.
HOSTED = frozenset(
    {"discord", "gchat", "guilded", "o365", "opsgenie", "pagerduty", "pbul", "pover", "prowl", "signl4", "simplepush"}
    | {"slack", "splunk", "tgram", "threema", "twilio", "victorops", "vonage", "webex", "wxteams", "zulip"}
)
# Those that name a host.
NAMING = frozenset(
    {
        "bark",
        "barks",
        "form",
        "forms",
        "gotify",
        "gotifys",
        "json",
        "jsons",
        "mailto",
        "mailtos",
        "matrix",
        "matrixs",
        "mmost",
        "mmosts",
    }
    | {"nctalk", "nctalks", "ntfy", "ntfys", "rocket", "rockets", "signal", "signals", "synology", "synologys"}
    | {"xml", "xmls"}
)
INSIDE = (
    "{host} is an address inside, and alarms go to none: whoever runs the desk allows it by its name in the setting "
    "alarm_hosts."
)


def refuse_others(address: str) -> None:
    """Raises BadInput for another kind of service, and for a host that leads inside. The names are asked for again when
    something is sent, since they may lead elsewhere by then."""
    kind = address.partition("://")[0].lower()
    if kind not in HOSTED | NAMING:
        known = ", ".join(sorted(HOSTED | NAMING))
        raise BadInput(f"Alarms are not sent by such an address. They are by: {known}.")
    if kind in NAMING:
        for host in _hosts(address):
            if host.lower() not in allowed() and leads_inside(host):
                raise BadInput(INSIDE.format(host=host[:100]))


def allowed() -> frozenset[str]:
    """The names by which whoever runs the desk lets alarms go inside."""
    return frozenset(filter(None, (each.strip().lower() for each in settings.ABEYANCE.alarm_hosts.split(","))))


def leads_inside(host: str) -> bool:
    """A name that leads nowhere leads to nothing that could be harmed."""
    return not all(is_outside(each) for each in addresses_of(host))


def addresses_of(host: str) -> Iterable[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return ()


def _hosts(address: str) -> set[str]:
    """As they are spelled, and those of a mail server that is named beside the sender's."""
    try:
        parts = urlsplit(address)
        return {host for host in (parts.hostname, *parse_qs(parts.query).get("smtp", ())) if host}
    except ValueError:
        raise BadInput("This is no address that can be used.") from None
