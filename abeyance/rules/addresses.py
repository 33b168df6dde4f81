"""Which addresses lie outside: whoever may name where something is sent must not reach what only we can reach."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Each of these carries an IPv4 address inside, which may be any.
_WRAPPING = tuple(ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


def is_outside(text: str) -> bool:
    """Of an address in figures: neither this machine nor its neighbours, nor what is reserved."""
    try:
        found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in each for each in _WRAPPING):
            return False
    return found.is_global and not found.is_multicast
