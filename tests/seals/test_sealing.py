from __future__ import annotations

from pathlib import Path
from subprocess import Popen

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.errors import BadInput, NotFound, SomeoneElseWasFirst, Unsafe
from abeyance.seals import keyring
from tests.seals.world import World, run, value


@transaction.atomic
def new_case(holder: str, jurisdiction: str | None = "HK") -> None:
    seals.new_case_key(holder, jurisdiction)


def test_what_is_sealed_opens_in_its_place_and_in_no_other(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    new_case("case:2")
    sealed = seals.seal("case:1", b"alice@example.org", place="item:1:identifier")
    assert b"alice" not in sealed
    assert seals.unseal("case:1", sealed, place="item:1:identifier") == b"alice@example.org"
    with pytest.raises(Unsafe, match="another case or place"):
        seals.unseal("case:1", sealed, place="item:2:identifier")
    with pytest.raises(Unsafe, match="another case or place"):
        seals.unseal("case:2", sealed, place="item:1:identifier")


def test_one_changed_bit_and_nothing_opens(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    sealed = seals.seal("case:1", b"alice", place="p")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(Unsafe):
            seals.unseal("case:1", bytes(changed), place="p")
    for short in (b"", sealed[:1], sealed[:-1]):
        with pytest.raises(Unsafe):
            seals.unseal("case:1", short, place="p")


def test_many_are_opened_with_one_question_in_their_order(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    plain = [(f"value {n}".encode(), f"item:{n}:x") for n in range(6000)]
    sealed = seals.seal_many("case:1", plain)
    places = [place for _, place in plain]
    assert seals.unseal_many("case:1", list(zip(sealed, places, strict=True))) == [one for one, _ in plain]
    assert seals.unseal_many("case:1", []) == []


def test_sealing_and_new_keys_need_no_key_holder(world: World, home: Path) -> None:
    keyring.create_trial(home)
    new_case("case:1", None)
    assert seals.seal("case:1", b"x", place="p")
    assert not (home / "run" / "keyholder.sock").exists()


def test_a_key_is_made_in_a_transaction_and_goes_away_with_it(world: World, home: Path) -> None:
    keyring.create_trial(home)
    with pytest.raises(Unsafe, match="transaction"):
        seals.new_case_key("case:1", "HK")
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
        transaction.set_rollback(True)
    with pytest.raises(NotFound):
        seals.seal("case:1", b"x", place="p")


def test_a_second_key_for_a_holder_is_refused(world: World, home: Path) -> None:
    keyring.create_trial(home)
    new_case("case:1")
    with pytest.raises(SomeoneElseWasFirst):
        new_case("case:1")


def test_a_package_is_neither_sealed_nor_opened_as_a_field(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    with pytest.raises(BadInput, match="release"):
        seals.seal("case:1", b"x", place="package:1")
    with pytest.raises(BadInput, match="release"):
        seals.unseal("case:1", seals.seal("case:1", b"x", place="p"), place="package:1")


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a\0b"])
def test_strange_names_are_refused(world: World, home: Path, name: str) -> None:
    keyring.create_trial(home)
    new_case("case:1")
    with pytest.raises(BadInput):
        seals.seal("case:1", b"x", place=name)


def test_salts_without_a_case_are_under_the_ledgers_key_which_is_never_erased(keyholder: Popen[bytes]) -> None:
    with transaction.atomic():
        sealed = seals.seal(seals.LEDGER, b"salt", place="entry:1")
    assert seals.unseal(seals.LEDGER, sealed, place="entry:1") == b"salt"
    with pytest.raises(BadInput), transaction.atomic():
        seals.erase(seals.LEDGER)


def test_an_erased_case_is_closed_at_once(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    new_case("case:2")
    one, two = (seals.seal(holder, b"x", place="p") for holder in ("case:1", "case:2"))
    with transaction.atomic():
        seals.erase("case:1")
    with pytest.raises(NotFound):
        seals.unseal("case:1", one, place="p")
    with pytest.raises(NotFound):
        seals.seal("case:1", b"x", place="p")
    assert seals.unseal("case:2", two, place="p") == b"x"


def test_a_public_key_that_was_exchanged_in_the_database_is_noticed(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    new_case("case:2")
    run("UPDATE seals_casekey SET public_key = (SELECT public_key FROM seals_casekey WHERE holder = 'case:2')")
    sealed = seals.seal("case:1", b"x", place="p")
    with pytest.raises(Unsafe, match="changed in the database"):
        seals.unseal("case:1", sealed, place="p")


def test_a_wrapped_key_does_not_open_under_another_name_or_jurisdiction(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    sealed = seals.seal("case:1", b"x", place="p")
    run("UPDATE seals_casekey SET jurisdiction = 'DE'")
    with pytest.raises(Unsafe):
        seals.unseal("case:1", sealed, place="p")
    run("UPDATE seals_casekey SET jurisdiction = 'HK'")
    assert seals.unseal("case:1", sealed, place="p") == b"x"
    run("UPDATE seals_casekey SET holder = 'case:9'")
    with pytest.raises(Unsafe):
        seals.unseal("case:9", sealed, place="p")


def test_the_database_of_another_ring_is_refused(world: World, home: Path) -> None:
    keyring.create_trial(home)
    new_case("case:1")
    run("UPDATE seals_intakekey SET ring = gen_random_uuid()")
    with pytest.raises(Unsafe, match="another key ring"):
        new_case("case:2")


def test_digests_differ_by_field_and_value_and_need_the_key_holder(keyholder: Popen[bytes]) -> None:
    one = seals.digest("identifier", "alice@example.org")
    assert len(one) == 32
    assert seals.digest("identifier", "alice@example.org") == one
    assert seals.digest("officer", "alice@example.org") != one
    assert seals.digest("identifier", "bob@example.org") != one
    assert seals.digests_for_lookup("identifier", "alice@example.org") == [one]


def test_nothing_plain_is_in_the_tables(keyholder: Popen[bytes]) -> None:
    new_case("case:1")
    assert value("SELECT count(*) FROM seals_casekey WHERE fresh AND length(wrapped) = 81") == 1
