"""What the desk goes by at this moment. A text that is proposed counts beside the present one: the stricter wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from abeyance.asking import Asked
from abeyance.errors import NotFound, Unsafe
from abeyance.people import proposals
from abeyance.people.models import Proposal
from abeyance.policy.models import AdoptedEntry, Current, Text
from abeyance.policy.reading import MAP, POLICY, Parsed, stored
from abeyance.rules.instruments import Adoption, LawEntry, LawText, OutboundEntry, TreatyChannel
from abeyance.rules.policy import Books, Policy
from abeyance.rules.services import DataMap
from abeyance.rules.texts import is_code

PROPOSED_TEXT = "policy-text"
SHARED = " FOR SHARE"
WAITING = "WHERE t.kind = %s AND t.agreed_at IS NULL AND t.withdrawn_at IS NULL ORDER BY t.id"
Key = tuple[str, str]


def books() -> tuple[Books, ...]:
    """The books in force first, then one for each proposed text."""
    asked = Asked()
    found = books_of(asked)
    asked.now()
    return found()


def books_of(asked: Asked, *, lock: bool = False) -> Callable[[], tuple[Books, ...]]:
    """To be called after `asked.now()`. `lock`: for the gate, unchangeable until the commit.

    Digests are always read from the database; only what they stand for is kept in memory.
    """
    end = SHARED if lock else ""
    current = asked.rows(Current, f"ORDER BY t.kind, t.name{end}")
    standing = asked.rows(AdoptedEntry, f"WHERE t.ended_at IS NULL ORDER BY t.id{end}")
    proposals_waiting = asked.rows(Proposal, WAITING, PROPOSED_TEXT)
    return lambda: _books(current, standing, proposals_waiting)


def _books(
    current: Sequence[Current], standing: Sequence[AdoptedEntry], waits: Sequence[Proposal]
) -> tuple[Books, ...]:
    present = {(row.kind, row.name): row.text_id for row in current}
    if not any(kind == POLICY for kind, _ in present):
        raise Unsafe("No policy is in force. `abeyance policy propose FILE` and a second member bring one into force.")
    adopted = tuple(_adoption(row) for row in standing)
    proposed = [_replaced(present, key, digest) for key, digest in _proposed(present, waits)]
    return tuple(_bound(tuple(texts.values()), adopted) for texts in (present, *proposed))


def asking_maps(asked: Asked) -> Callable[[], list[DataMap]]:
    """The data maps in force, to be called after `asked.now()`."""
    rows = asked.rows(Current, "WHERE t.kind = %s ORDER BY t.name", MAP)
    return lambda: [text for row in rows if isinstance(text := stored(row.text_id), DataMap)]


def binds_readers(instrument: str | None) -> bool:
    """Whether only counsel may read such a request at first; while a text is proposed, if either says so."""
    asked = Asked()
    found = asking_binds_readers(asked, instrument)
    asked.now()
    return found()


def asking_binds_readers(asked: Asked, instrument: str | None) -> Callable[[], bool]:
    """The same, to be called after `asked.now()`."""
    books = books_of(asked)
    return lambda: any(instrument in found.policy.people.counsel_only for found in books())


def current(kind: str, name: str) -> Parsed | None:
    if not _named(kind, name):
        return None
    digest = Current.objects.filter(kind=kind, name=name).values_list("text_id", flat=True).first()
    return stored(digest) if digest else None


def body(kind: str, name: str) -> Text:
    """The text in force, as it was written."""
    row = Current.objects.select_related("text").filter(kind=kind, name=name).first() if _named(kind, name) else None
    if row is None:
        raise NotFound(f"No {kind[:8]} {name[:64]!r} is in force. `abeyance policy list` shows what is.")
    return row.text


def proposed_body(code: str) -> Text:
    """The text that a proposal would bring into force, for whoever is to agree to it."""
    proposal = proposals.find(code) if is_code(code) else None
    if proposal is None or proposal.kind != PROPOSED_TEXT:
        raise NotFound(f"There is no proposal of a text {code[:32]!r}. `abeyance policy list` shows what waits.")
    return Text.objects.get(pk=proposals.payload_of(proposal)["digest"])


def waiting() -> tuple[Proposal, ...]:
    """The texts that wait for a second person, the oldest first."""
    return tuple(Proposal.objects.filter(kind=PROPOSED_TEXT, agreed_at=None, withdrawn_at=None).order_by("pk"))


def law_entry(entry: str) -> str:
    """The digest of a law entry in force by its text, adopted or not."""
    found = entry_of(entry)
    if found is None:
        raise NotFound(f"There is no law entry {entry[:64]!r}. `abeyance policy list` shows them.")
    return found.digest


def entry_of(entry: str) -> LawEntry | OutboundEntry | TreatyChannel | None:
    """By the texts in force, adopted or not."""
    found = books()[0]
    every: tuple[LawEntry | OutboundEntry | TreatyChannel, ...]
    every = (*found.outbound, *found.channels, *found.entries.values())
    return next((each for each in every if each.id == entry), None)


def _named(kind: str, name: str) -> bool:
    return is_code(kind) and is_code(name)


def _adoption(row: AdoptedEntry) -> Adoption:
    return Adoption(row.entry, row.entry_digest, row.by, row.agreed_by, row.on, row.expires, row.checked_against)


def _proposed(present: Mapping[Key, str], proposed: Iterable[Proposal]) -> Iterable[tuple[Key, str]]:
    """Texts that wait for a second person, where they differ from what is in force."""
    for proposal in proposed:
        payload = proposals.payload_of(proposal)
        key = (str(payload["kind"]), str(payload["name"]))
        if present.get(key) != payload["digest"]:
            yield key, str(payload["digest"])


def _replaced(present: Mapping[Key, str], key: Key, digest: str) -> dict[Key, str]:
    """There is one policy, whatever it is called."""
    kept = {each: text for each, text in present.items() if key[0] != POLICY or each[0] != POLICY}
    return {**kept, key: digest}


@lru_cache(maxsize=64)
def _bound(digests: tuple[str, ...], adopted: tuple[Adoption, ...]) -> Books:
    texts: list[Parsed] = [stored(digest) for digest in digests]
    policies = [text for text in texts if isinstance(text, Policy)]
    return Books(
        policy=policies[0] if policies else _missing(),
        law=tuple(text for text in texts if isinstance(text, LawText)),
        maps=tuple(text for text in texts if isinstance(text, DataMap)),
        adopted=MappingProxyType({adoption.entry: adoption for adoption in adopted}),
        digests=frozenset(digests),
    )


def _missing() -> Policy:
    raise Unsafe("No policy is in force.")
