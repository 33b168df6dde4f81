"""The domain of an address, in the one spelling in which domains are compared."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

LONGEST_ADDRESS = 320


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
        if domain.endswith(f".{other}") and not _is_public_suffix(other):
            return other
    return domain


def _is_public_suffix(domain: str) -> bool:
    return not _suffixes()(domain).domain


@cache
def _suffixes() -> TLDExtract:
    """The list that comes with the package: nobody is asked, so nobody learns whose domain we look at."""
    import tldextract  # which loads for a quarter of a second: not at the start of every process

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
