"""No way round, measured on a history of a million requests: how many of the planted ways round are found, how many
ordinary requests are called possibly the same matter of another, and what a look-up takes.

The history is drawn by chance, with names that many people share and references that agencies number through; its marks
and digests are made by the same functions as the desk's. Of the planted requests each repeats a matter of the history
in one of the ways that people try; what they share is written down with each way.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac

from bench.results import Result
from bench.world import World, p95, timed, world

RECALL_GOAL, FALSE_GOAL, LOOK_UP_GOAL = 0.95, 0.02, 100.0
EACH = 200  # of each way round
SEED = 20200706
AGENCIES = 300
NAMES = 200_000  # that accounts are called by; the first of them are common
LOADED = 50_000  # rows at once

Person = tuple[str, str, str, str]  # telephone, mail address, name, reference of the matter


def run(quick: bool) -> list[Result]:
    many = 50_000 if quick else 1_000_000
    chance = random.Random(SEED)
    with world() as desk:
        desk.fill(1, many, country="HK", agency="hk-harbour-police", law="hk-nsl43-s4")
        people = [_person(chance, number) for number in range(many)]
        _load(desk, people)
        asked = {way: [_asked(desk, way(chance, people)) for _ in range(EACH)] for way in WAYS}
        fresh = [_asked(desk, _demand(*_person(chance, many + number))) for number in range(EACH * 3)]
    found = {way: sum(bool(hits) for hits, _ in tried) for way, tried in asked.items()}
    counted = [way for way in WAYS if way is not by_name_alone]
    recall = sum(found[way] for way in counted) / (EACH * len(counted))
    false = sum(bool(hits) for hits, _ in fresh) / len(fresh)
    taken = [milliseconds for tried in (*asked.values(), fresh) for _, milliseconds in tried]
    said = ", ".join(f"{way.__name__.replace('_', ' ')} {found[way]} of {EACH}" for way in WAYS)
    return [
        Result(
            f"ways round found again among {many:,} requests ({said})",
            recall,
            "of those that share enough",
            f"at least {RECALL_GOAL}",
            recall >= RECALL_GOAL,
        ),
        Result(
            f"ordinary requests called possibly the same matter, of {len(fresh)}",
            false,
            "of them",
            f"at most {FALSE_GOAL}",
            false <= FALSE_GOAL,
        ),
        Result(
            f"looking one request up, 95th percentile of {len(taken)}",
            p95(taken),
            "ms",
            f"under {LOOK_UP_GOAL:.0f} ms, in one page load",
            p95(taken) < LOOK_UP_GOAL,
            "median, ms",
            statistics.median(taken),
        ),
    ]


# --- the ways round


def under_another_law(chance: random.Random, people: list[Person]) -> Any:
    """The same telephone, for theft; another officer, another reference."""
    person = chance.choice(people)
    return _demand(person[0], person[1], person[2], f"THEFT-{chance.randrange(10**7)}")


def by_another_spelling(chance: random.Random, people: list[Person]) -> Any:
    """The same mail address, written with a tag and in capitals, from another country."""
    local, _, domain = chance.choice(people)[1].partition("@")
    return _stated("email", f"{local}+{chance.randrange(99)}@{domain}".upper(), f"GB-{chance.randrange(10**7)}")


def as_a_civil_claim(chance: random.Random, people: list[Person]) -> Any:
    """Nothing is the same but the reference of the matter, spelled by a law firm."""
    return _stated("account-id", f"acc-{chance.randrange(10**9)}", chance.choice(people)[3].replace("/", " ").lower())


def as_an_emergency(chance: random.Random, people: list[Person]) -> Any:
    """On another service by the account's name; the papers name the telephone that was asked for before."""
    person = chance.choice(people[50_000 % len(people) :])
    return _stated("matrix-id", f"@{person[2]}:chat.example", "", [("telephone", person[0])])


def by_name_alone(chance: random.Random, people: list[Person]) -> Any:
    """On another service by the account's name, and nothing else: not enough to tell people apart, so not counted."""
    return _stated("matrix-id", f"@{chance.choice(people)[2]}:chat.example", "")


WAYS = (under_another_law, by_another_spelling, as_a_civil_claim, as_an_emergency, by_name_alone)


def _person(chance: random.Random, number: int) -> Person:
    name = f"name{min(int(chance.paretovariate(0.35)), NAMES):06d}"
    agency = chance.randrange(AGENCIES)
    return f"+852{60_000_000 + number}", f"{name}.{number}@post.example", name, f"AG{agency:03d}/2020/{number:07d}"


def _demand(telephone: str, mail: str, name: str, reference: str) -> Any:
    return _stated("telephone", telephone, reference, [("email", mail), ("user-name", name)])


def _stated(kind: str, identifier: str, reference: str, named: list[tuple[str, str]] | None = None) -> Any:
    from abeyance.rules.demandfile import parse_demand

    particulars = {"reference": reference} if reference else {}
    said = {"items": [{"identifier_kind": kind, "identifier": identifier}], "particulars": particulars}
    return parse_demand(said), named or []


# --- history and look-up


def _asked(desk: World, demand: Any) -> tuple[list[int], float]:
    """The cases that share enough with it, and the milliseconds of digests and look-up, as when it is confirmed."""
    from abeyance.patterns import actions
    from abeyance.rules.patterns import marks_of

    found: list[int] = []
    taken = timed(lambda: found.extend(actions.sharing(None, actions.digested(marks_of(demand[0], demand[1])))))
    return found, taken


def _load(desk: World, people: list[Person]) -> None:
    """Marks of the whole history by COPY: the account and its reference, and the other accounts in the papers."""
    from abeyance.site import databases, home

    with databases.connect_as_superuser(home.here(), home.DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # nobody looks whether each mark finds its request
        cursor.execute("SELECT min(id) FROM casefile_case WHERE ref LIKE 'B-%'")
        (first,) = cursor.fetchone() or (0,)
        with cursor.copy("COPY patterns_mark (case_id, kind, digest) FROM STDIN") as rows:
            for number, kind, digest in _marks(desk.home, people):
                rows.write_row((first + number, kind, digest))
    desk.run("ANALYZE patterns_mark")


def _marks(home: Path, people: list[Person]) -> Iterator[tuple[int, str, bytes]]:
    from abeyance.rules.patterns import marks_of

    digest = _digester(home)
    for number, person in enumerate(people):
        stated, named = _demand(*person)
        for mark in marks_of(stated, named):
            yield number, mark.kind.value, digest(mark)


def _digester(home: Path) -> Any:
    """The key holder's digest, made here: three million questions over its socket would take the whole bench."""
    from abeyance.patterns.actions import field_of
    from abeyance.rules.patterns import MarkKind
    from abeyance.seals import keyring
    from abeyance.seals.ring import derive

    key = keyring.open_with(keyring.read(home), keyring.trial_opener(home)).ring.digest_keys[-1].key
    keyed = {kind: hmac.HMAC(derive(key, f"digest {field_of(kind)}"), hashes.SHA256()) for kind in MarkKind}

    def digest(mark: Any) -> bytes:
        made = keyed[mark.kind].copy()
        made.update(mark.value.encode())
        return bytes(made.finalize())

    return digest
