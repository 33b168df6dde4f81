"""A download that breaks off goes on where it stopped: with the same bytes, through the gate each time, and for as long
as the package may leave."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.db import connections

from abeyance import seals
from abeyance.casefile import ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Envelope, Package, Release
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.people.directory import actions as directory
from abeyance.release import actions, encrypting, envelopes, handing, links, recall, upkeep
from abeyance.release.ranges import ALL, NotThere, Wanted
from abeyance.seals import client
from abeyance.site import hatch
from tests import hatching
from tests.casefile.packed import declare, sealed
from tests.desk import Desk
from tests.pauses.test_pauses_bind import lift

ENOUGH = 2**20


@pytest.fixture
def package(desk: Desk) -> Package:
    return hatching.large_package(desk)


@pytest.fixture
def made(desk: Desk, package: Package) -> links.Made:
    return hatching.link_to(desk, package)


def redeemed(desk: Desk, made: links.Made, wanted: Wanted = ALL) -> envelopes.Leaving:
    return links.redeem(made.token, made.code, wanted, now=desk.now())


def begun(leaving: envelopes.Leaving, enough: int = ENOUGH) -> bytes:
    """The beginning; then the other side hangs up."""
    had = b""
    for piece in leaving.pieces:
        had += piece
        if len(had) >= enough:
            break
    leaving.pieces.close()
    return had


def states() -> list[str]:
    return [row.state for row in Release.objects.order_by("pk")]


def test_what_broke_off_goes_on_and_the_whole_opens_with_the_agencys_key(desk: Desk, made: links.Made) -> None:
    first = redeemed(desk, made)
    had = begun(first)
    rest = redeemed(desk, made, Wanted(f"bytes={len(had)}-", f'"{first.digest}"'))
    assert (rest.span.first, rest.span.size, rest.digest) == (len(had), first.span.size, first.digest)
    whole = had + b"".join(rest.pieces)
    assert hashlib.sha256(whole).hexdigest() == first.digest
    assert hashlib.sha256(hatching.decrypted(desk, whole)).digest() == bytes(rest.release.package.sha256)
    assert states() == ["cut", "gone"]


def test_a_part_is_no_hand_over_until_all_parts_have_been_given(desk: Desk, made: links.Made) -> None:
    whole = b"".join(redeemed(desk, made).pieces)
    Envelope.objects.update(reached=0)
    parts = [redeemed(desk, made, Wanted(f"bytes={at}-{at + ENOUGH - 1}")) for at in range(0, len(whole), ENOUGH)]
    assert b"".join(b"".join(part.pieces) for part in parts) == whole
    assert states() == ["gone", *["cut"] * (len(parts) - 1), "gone"]


def test_the_last_bytes_alone_are_no_hand_over(desk: Desk, made: links.Made) -> None:
    begun(redeemed(desk, made))
    assert len(b"".join(redeemed(desk, made, Wanted("bytes=-10")).pieces)) == 10
    assert states() == ["cut", "cut"]


def test_what_lies_beyond_the_end_is_recorded_and_gives_nothing(desk: Desk, made: links.Made) -> None:
    begun(redeemed(desk, made))
    with pytest.raises(NotThere):
        redeemed(desk, made, Wanted(f"bytes={10**9}-"))
    assert states() == ["cut", "failed"]


def pause(desk: Desk, package: Package) -> None:
    declare(desk)


def revoke(desk: Desk, package: Package) -> None:
    directory.revoke_key(desk.cast.fingerprint, by=desk.first, now=desk.now())


def take_back(desk: Desk, package: Package) -> None:
    recall.recall(package.case.ref, "it was too much", by=desk.first, now=desk.now())


@pytest.mark.parametrize("change", [pause, revoke])
def test_what_changes_in_between_refuses_the_rest(
    desk: Desk, package: Package, made: links.Made, change: Callable[[Desk, Package], None]
) -> None:
    had = begun(redeemed(desk, made))
    change(desk, package)
    with pytest.raises((Refused, NotFound)):
        redeemed(desk, made, Wanted(f"bytes={len(had)}-"))
    assert states() == ["cut"]


@pytest.mark.parametrize("change", [pause, take_back])
def test_what_changes_while_it_runs_cuts_it(
    desk: Desk,
    package: Package,
    made: links.Made,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Desk, Package], None],
) -> None:
    leaving = redeemed(desk, made)
    monkeypatch.setattr(encrypting, "LOOK_EVERY_SECONDS", 0.0)
    next(leaving.pieces)
    change(desk, package)
    with pytest.raises((Refused, NotFound)):
        b"".join(leaving.pieces)
    assert states() == ["cut"]


def at_once(number: int, work: Callable[[], bytes]) -> list[bytes]:
    found: list[bytes] = []

    def one() -> None:
        try:
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_who_begin_at_once_get_the_same_bytes(desk: Desk, made: links.Made) -> None:
    first, second = at_once(2, lambda: b"".join(redeemed(desk, made).pieces))
    assert first == second
    assert Envelope.objects.count() == 1
    assert states() == ["gone", "gone"]


def test_two_who_go_on_at_once_get_the_same_rest(desk: Desk, made: links.Made) -> None:
    had = begun(redeemed(desk, made))
    first, second = at_once(2, lambda: b"".join(redeemed(desk, made, Wanted(f"bytes={len(had)}-")).pieces))
    assert first == second
    assert hatching.decrypted(desk, had + first).startswith(b"PK")


def test_where_a_disk_knows_no_locks_the_first_ones_bytes_count(
    desk: Desk, made: links.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = envelopes._recorded
    other: list[bytes] = []

    def recorded(*given: Any) -> Envelope | None:
        monkeypatch.setattr(envelopes, "_recorded", inside)
        other.append(b"".join(redeemed(desk, made).pieces))
        return inside(*given)

    monkeypatch.setattr(envelopes.fcntl, "flock", lambda *given: None)
    monkeypatch.setattr(envelopes, "_recorded", recorded)
    assert b"".join(redeemed(desk, made).pieces) == other[0]
    assert [row.state for row in Release.objects.order_by("made")] == ["failed", "gone", "gone"]
    assert len(list((desk.home / "packages").glob("*/*.envelope"))) == 1


def test_a_server_that_is_killed_in_between_takes_nothing_along(desk: Desk, made: links.Made) -> None:
    child = _hatch_of_its_own(desk.home)
    head, pieces = hatch.ask(desk.home, token=made.token, code=made.code)
    had = next(pieces)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with pytest.raises(OSError, match=r".*"):
        for piece in pieces:
            had += piece
    assert len(had) < head["size"]
    child = _hatch_of_its_own(desk.home)
    try:
        again, rest = hatch.ask(
            desk.home, token=made.token, code=made.code, range=f"bytes={len(had)}-", if_range=f'"{head["digest"]}"'
        )
        assert again["status"] == hatch.PARTIAL
        assert hatching.decrypted(desk, had + b"".join(rest)).startswith(b"PK")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _hatch_of_its_own(home: Path) -> int:
    (home / "run" / hatch.NAME).unlink(missing_ok=True)
    connections.close_all()
    client.disconnect()
    if (child := os.fork()) == 0:
        try:
            hatch.serve(home)
        finally:
            os._exit(1)
    hatching.await_hatch(home)
    return child


def test_what_is_kept_opens_for_a_release_to_its_recipient_and_for_nothing_else(desk: Desk, made: links.Made) -> None:
    whole = b"".join(redeemed(desk, made).pieces)
    kept = Envelope.objects.get()
    path, holder = retention.envelope_file(kept), kept.package.case.holder
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(key)])
    used = Release.objects.get().act
    with pytest.raises(Refused, match="already handed its package over"):
        seals.open_package(holder, path, place=kept.place, release_act=used)
    with pytest.raises(BadInput, match="opened by a release"):
        seals.unseal_file(holder, path, place=kept.place)
    another = actions._committed(kept.package_id, to=kept.agency_key, channel="api", by=desk.second)
    Release.objects.filter(pk=another.pk).update(agency_key="f" * 64)
    with pytest.raises(Refused, match="no committed release"):
        seals.open_package(holder, path, place=kept.place, release_act=another.act)
    Release.objects.filter(pk=another.pk).update(agency_key=kept.agency_key)
    package = retention.package_file(kept.package)
    with pytest.raises(Exception, match=r".+"):  # the package in the envelope's place does not open
        seals.open_package(holder, package, place=kept.place, release_act=another.act)
    assert b"".join(seals.open_package(holder, path, place=kept.place, release_act=another.act)) == whole


def confirm(desk: Desk, package: Package) -> None:
    row = package.releases.get()
    handing.confirm(row.act, bytes(package.sha256).hex(), by=desk.second, now=desk.now())


def erase(desk: Desk, package: Package) -> None:
    ending.close(package.case.ref, Closing.ANSWERED, by=desk.first, now=desk.now())
    retention.erase(package.case.ref, "retention", by=desk.first, now=desk.now())


def void_the_links(desk: Desk, package: Package) -> None:
    links.void(package.key, by=desk.second, now=desk.now())


def let_the_link_end(desk: Desk, package: Package) -> None:
    package.links.update(expires_at=desk.now() - timedelta(seconds=1))


def let_the_package_end(desk: Desk, package: Package) -> None:
    Package.objects.filter(pk=package.pk).update(expires_at=desk.now() - timedelta(seconds=1))


ENDS = (confirm, erase, void_the_links, take_back, let_the_link_end, let_the_package_end)


def kept_of(package: Package) -> Path | None:
    found = Envelope.objects.filter(package=package).first()
    return retention.envelope_file(found) if found is not None else None


def fetched(desk: Desk, package: Package) -> Path:
    b"".join(redeemed(desk, hatching.link_to(desk, package)).pieces)
    path = kept_of(package)
    assert path is not None
    return path


def test_nothing_is_kept_that_can_serve_nobody(desk: Desk) -> None:
    first, *others = [sealed(desk) for _ in range(len(ENDS) + 1)]
    paths = [fetched(desk, package) for package in (first, *others)]
    upkeep.tend(now=desk.now())
    assert all(path.exists() for path in paths)
    for ends, package, path in zip(ENDS, others, paths[1:], strict=True):
        ends(desk, package)
        upkeep.tend(now=desk.now())
        assert not path.exists(), ends
        assert kept_of(package) is None, ends
    declare(desk)
    upkeep.tend(now=desk.now())
    assert paths[0].exists(), "an exception to the pause may still let it out"
    lift(desk)
    upkeep.tend(now=desk.now())
    assert not paths[0].exists()
    assert not list((desk.home / "packages").glob("*/*.envelope"))


def test_what_a_dead_process_left_is_removed_when_it_is_old(desk: Desk, made: links.Made, package: Package) -> None:
    begun(redeemed(desk, made))
    kept = retention.envelope_file(Envelope.objects.get())
    left = [kept.with_name(".half.part"), kept.with_name("x.envelope")]
    for path in left:
        path.write_bytes(b"x")
    old = (desk.now() - timedelta(hours=7)).timestamp()
    assert upkeep.remove_unfinished(now=desk.now()) == 0
    for path in [*left, kept]:
        os.utime(path, (old, old))
    assert upkeep.remove_unfinished(now=desk.now()) == 2
    assert kept.exists()


def test_an_envelope_that_was_lost_is_made_anew(desk: Desk, made: links.Made) -> None:
    first = redeemed(desk, made)
    begun(first)
    retention.envelope_file(Envelope.objects.get()).unlink()
    again = redeemed(desk, made, Wanted("bytes=100-", f'"{first.digest}"'))
    assert again.span.whole, "other bytes than those that somebody has the beginning of"
    assert hatching.decrypted(desk, b"".join(again.pieces)).startswith(b"PK")
