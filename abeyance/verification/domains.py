"""The domain of an address, in the one spelling in which domains are compared."""

from __future__ import annotations

from collections.abc import Iterable

import tldextract

LONGEST_ADDRESS = 320
# The list of public suffixes that comes with the package: nobody is asked, so nobody learns whose domain we look at.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def domain_of(address: str | None) -> str | None:
    """`Clerk@Police.Example.` gives `police.example`; other scripts give xn--, which no look-alike can pass for."""
    if address is None or len(address) > LONGEST_ADDRESS or "@" not in address:
        return None
    domain = address.rpartition("@")[2].strip().strip(".<>").lower()
    if domain.isascii():
        return domain or None
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return "xn--unreadable"


def as_known(domain: str | None, known: Iterable[str]) -> str | None:
    """The known domain that this one is below (mail.police.example is of police.example), or itself.

    Being below a public suffix says nothing: everybody is below gov.uk, so a directory entry like that counts only for
    itself.
    """
    if domain is None:
        return None
    for other in sorted(known):
        if domain.endswith(f".{other}") and _suffixes(other).domain:
            return other
    return domain
