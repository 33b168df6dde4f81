"""The demonstration's policy and data map, with every shipped law entry adopted: what generated histories go by."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from abeyance.policy import reading
from abeyance.rules.decision import Outcome
from abeyance.rules.instruments import Adoption, LawText, parse_law
from abeyance.rules.policy import Books, Clause, When, parse_policy
from abeyance.rules.services import parse_data_map
from abeyance.rules.terms import DataCategory, Ground

NOT_ADOPTED = "us-subpoena"
ALL_CATEGORIES = frozenset(DataCategory)
PACKAGE = Path(reading.__file__).parents[1]


def _books() -> Books:
    def content(path: str) -> dict[str, Any]:
        return tomllib.loads((PACKAGE / path).read_text(encoding="utf-8"))

    law: tuple[LawText, ...] = tuple(
        parse_law(content(f"policy/data/law/{name}.toml")) for name in ("eu", "gb", "hk", "in", "us")
    )
    adopted = {entry.id: _adopted(entry.id, entry.digest) for text in law for entry in text.entries}
    held = parse_data_map(content("site/demo/data/quill.toml"))
    return Books(parse_policy(content("site/demo/data/policy.toml")), law, (held,), adopted)


def _wider(books: Books) -> Books:
    """With a clause and a law that let through what is compelled elsewhere, so that what is answered as another
    jurisdiction is not kept by the policy already; every way by treaty is open; and one law nobody has adopted."""
    anybody = Clause("anybody", "For these tests.", Outcome.PROCEED, When(grounds=frozenset(Ground)))
    law = tuple(_lets_out(text) for text in books.law)
    entries = [entry for text in law for entry in (*text.entries, *text.outbound, *text.channels)]
    adopted = {entry.id: _adopted(entry.id, entry.digest) for entry in entries if entry.id != NOT_ADOPTED}
    policy = replace(books.policy, clauses=(*books.policy.clauses, anybody))
    return replace(books, policy=policy, law=law, adopted=adopted)


def _lets_out(text: LawText) -> LawText:
    everybody = frozenset({"any"})
    outbound = tuple(
        replace(entry, outcome=Outcome.PROCEED, recipients=everybody, instruments=everybody, categories=ALL_CATEGORIES)
        for entry in text.outbound
    )
    return replace(text, outbound=outbound)


def _adopted(entry: str, digest: str) -> Adoption:
    return Adoption(entry, digest, "m-c", "m-b", date(2020, 1, 1), date(2030, 1, 1), "the official text")


BOOKS = _books()
WIDER_BOOKS = _wider(BOOKS)
