"""Who may know of a request, for rooms below the one that says so. The entries, jobs and proposals of a request that a
member may not know of do not exist for that member; while nobody has said who may, nobody may."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Knows = Callable[[str, frozenset[str]], frozenset[str]]
_SAYS: list[Knows] = []


def says_who_knows(function: Knows) -> Knows:
    """For the one function that takes a member's code and references, and gives back those that the member may know."""
    if function not in _SAYS:
        _SAYS.append(function)
    return function


def known(reader: str, refs: Iterable[str]) -> frozenset[str]:
    """Of these requests, those that the reader may know of."""
    wanted = frozenset(refs)
    return _SAYS[0](reader, wanted) if _SAYS and wanted else frozenset()
