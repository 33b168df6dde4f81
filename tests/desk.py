"""A whole desk for tests: a home, keys, a real key holder, the invented company's cast, and requests by the ordinary
acts. `Desk.request()` brings a request as far as a test needs it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction

from abeyance.answer import actions as answers
from abeyance.casefile.models import Case
from abeyance.fence.models import Fence
from abeyance.intake import confirming, taking
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.pauses import conditions, store
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.policy import actions as policy
from abeyance.policy import queries
from abeyance.rules.demandfile import StatedDemand, parse_demand
from abeyance.rules.notice import NoticeState
from abeyance.rules.verification import FindingKind
from abeyance.seals import client, keyring
from abeyance.site.demo.cast import POLICE, TELEPHONE, Cast, set_up
from abeyance.site.home import FOLDERS
from abeyance.verification import actions as verification
from abeyance.verification.gathering import Arrival
from tests.keyholding import running_keyholder

MAIL = """From: Inspector <requests@harbour-police.example>
To: legal@quill.example
Subject: Request {number}
Message-ID: <{number}@harbour-police.example>
Content-Type: text/plain; charset=utf-8

Subscriber data of {identifier}, please. Our reference: HP-{number}.
"""


def demand(**changes: Any) -> StatedDemand:
    """A demand that the cast's policy lets through: the law of the seat compels it."""
    said: dict[str, Any] = {
        "kind": "disclosure",
        "requester": "police",
        "jurisdiction": "HK",
        "agency": POLICE,
        "instrument": "hk-nsl43-s7",
        "ground": "compelled",
        "entity": "quill-hk",
        "items": [item()],
    }
    return parse_demand(said | changes)


def item(**changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "service": "quill",
        "category": "SubscriberData",
        "identifier_kind": "telephone",
        "identifier": "+85291234567",
        "fields": ["telephone", "created-at"],
        "nexus": "the account that sent the message in question",
        "controller": "quill-hk",
        "stored_in": "HK",
        "subject_country": "HK",
    }
    return said | changes


@dataclass
class Desk:
    home: Path
    cast: Cast
    numbers: int = 0

    @property
    def first(self) -> str:
        return self.cast.first

    @property
    def second(self) -> str:
        return self.cast.second

    def now(self) -> datetime:
        return datetime.now(UTC)

    def arrive(self, identifier: str = "+85291234567") -> str:
        self.numbers += 1
        path = self.home / f"mail-{self.numbers}.eml"
        path.write_text(MAIL.format(number=self.numbers, identifier=identifier))
        (taken,) = taking.take_each([path], channel="mail", by="operator", now=self.now())
        assert taken.arrived is not None, taken.refused
        return taken.arrived.ref

    def confirmed(self, **changes: Any) -> str:
        ref = self.arrive()
        confirming.confirm(ref, demand(**changes), by=self.first, now=self.now())
        return ref

    def genuine(self, **changes: Any) -> str:
        ref = self.confirmed(**changes)
        self.verify(ref)
        return ref

    def verify(self, ref: str) -> None:
        rules, arrival = queries.books()[0].policy, Arrival("requests@harbour-police.example")
        found = verification.find_genuine(
            ref, FindingKind.CALL_BACK, TELEPHONE, arrival, rules, by=self.first, now=self.now()
        )
        assert found.genuine, found.decision.reasons

    def proposed(self, **changes: Any) -> str:
        ref = self.genuine(**changes)
        answers.propose(ref, by=self.first, now=self.now())
        return ref

    def agreed(self, **changes: Any) -> str:
        ref = self.proposed(**changes)
        answers.agree(ref, by=self.second, now=self.now())
        self.bar_notice(ref)
        return ref

    def bar_notice(self, ref: str) -> None:
        until = self.now() + timedelta(days=30)
        told = Told(NoticeState.BARRED, until, "Order of the invented magistrate, HP-1")
        notices.record(ref, told, by=self.first, now=self.now())

    def ready_to_lift(self, name: str) -> None:
        """Its conditions are met and its assessment is waived, each by two people, as a real desk would say it."""
        for pause in store.in_force(name)[-1:]:
            if pause.everything:
                return
            for number in range(1, len(pause.conditions) + 1):
                met = conditions.propose(name, number, "met", "It is done.", by=self.first, now=self.now())
                proposals.agree(met.code, by=self.second, now=self.now())
        waiver = conditions.propose_waiver(name, "A test of something else.", by=self.first, now=self.now())
        proposals.agree(waiver.code, by=self.second, now=self.now())

    def case(self, ref: str) -> Case:
        return Case.objects.get(ref=ref)


def _address() -> str:
    """The test database, as the suite's owner: the key holder looks there whether a release was committed."""
    said = connection.settings_dict
    user, password = quote(said["USER"]), quote(said["PASSWORD"])
    host = quote(str(said["HOST"]), safe="")
    return f"postgresql://{user}:{password}@/{said['NAME']}?host={host}&port={said['PORT']}"


@dataclass(frozen=True)
class Made:
    """A desk as its cast had just been set up: the rows of every table of ours, and the files of its home."""

    rows: dict[str, bytes]
    home: Path
    cast: Cast


_made: dict[str, Made] = {}  # by database: setting the cast up by its ordinary acts is half the time of a short test
TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname !~ '^(django_|auth_|procrastinate_)' ORDER BY relname"""


@contextmanager
def running_desk(home: Path) -> Iterator[Desk]:
    """On the suite's database, as its owner; flushed between tests. The first is made by the ordinary acts, the others
    are put back as that one was."""
    for name in (*FOLDERS, "run"):
        (home / name).mkdir(exist_ok=True)
    os.environ["ABEYANCE_DATABASE_KEYS"] = address = _address()
    if (made := _made.get(address)) is not None:
        _put_back(made, home)
        with running_keyholder(home):
            yield Desk(home, made.cast)
    else:
        Fence.objects.get_or_create(id=1)
        keyring.create_trial(home)
        with running_keyholder(home):
            policy.install_defaults()
            people.install_first_members(home)
            cast = set_up(home / "demo", now=datetime.now(UTC))
            _made[address] = Made(_rows(), _copy_of(home), cast)
            yield Desk(home, cast)
    client.disconnect()
    del os.environ["ABEYANCE_DATABASE_KEYS"]


def _rows() -> dict[str, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [str(row[0]) for row in cursor.fetchall()]
        found = {}
        for table in tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copied:
                found[table] = b"".join(bytes(piece) for piece in copied)
    return {table: rows for table, rows in found.items() if rows}


def _copy_of(home: Path) -> Path:
    kept = Path(tempfile.mkdtemp(prefix="desk-", dir=os.environ["ABEYANCE_HOME"]))
    shutil.copytree(home, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run", "log"))
    return kept


def _put_back(made: Made, home: Path) -> None:
    """In one transaction, since references are checked at its end."""
    shutil.copytree(made.home, home, dirs_exist_ok=True)
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in made.rows.items():
            cursor.execute(f'DELETE FROM "{table}"')
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copied:
                copied.write(rows)
