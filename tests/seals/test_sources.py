from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.errors import BadInput, Locked, Unsafe
from abeyance.seals import client, keyring, shares
from abeyance.seals.keyring import TRIAL_FILE
from tests.keyholding import running_keyholder
from tests.seals.world import World

WORDS = "correct horse battery staple"


@pytest.fixture(autouse=True)
def light_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    from abeyance.seals import passphrase

    usual = passphrase.new_parameters
    monkeypatch.setattr(passphrase, "new_parameters", lambda: {**usual(), "memory_kib": 1024})


def sealed_case() -> bytes:
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
    return seals.seal("case:1", b"x", place="p")


def test_trial_keys_are_made_once_and_the_desk_complains(home: Path) -> None:
    assert keyring.create_trial(home) is True
    before = (home / "keys" / "ring").read_bytes()
    assert keyring.create_trial(home) is False
    assert (home / "keys" / "ring").read_bytes() == before
    assert TRIAL_FILE in keyring.warnings(home)[0]
    assert (home / "keys" / TRIAL_FILE).stat().st_mode & 0o777 == 0o600


def test_a_set_up_that_was_cut_off_is_made_again(home: Path) -> None:
    (home / "keys").mkdir()
    (home / "keys" / TRIAL_FILE).write_text("half")
    assert keyring.create_trial(home) is True
    keyring.open_with(keyring.read(home), keyring.trial_opener(home))


def test_a_passphrase_opens_and_a_wrong_one_does_not(world: World, home: Path) -> None:
    keyring.create_with_passphrase(home, WORDS)
    assert keyring.warnings(home) == []
    with running_keyholder(home):
        sealed = sealed_case()
        with pytest.raises(Locked):
            seals.unseal("case:1", sealed, place="p")
        for wrong in ("wrong horse battery staple", ""):
            with pytest.raises(BadInput, match="does not open"):
                client.unlock(passphrase=wrong)
        with pytest.raises(BadInput, match="passphrase"):
            client.unlock()
        assert client.unlock(passphrase=WORDS)["locked"] is False
        assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_a_short_passphrase_or_a_second_ring_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="at least"):
        keyring.create_with_passphrase(home, "short")
    keyring.create_with_passphrase(home, WORDS)
    with pytest.raises(BadInput, match="already"):
        keyring.create_with_passphrase(home, WORDS)
    with pytest.raises(BadInput, match="already"):
        keyring.create_with_shares(home, 2, 3)


def test_two_of_three_custodians_open_and_one_does_not(world: World, home: Path) -> None:
    first, _, third = keyring.create_with_shares(home, 2, 3)
    with running_keyholder(home):
        sealed = sealed_case()
        assert client.unlock(share=first)["shares_given"] == [1]
        assert client.unlock(share=first)["locked"] is True
        with pytest.raises(Locked):
            seals.unseal("case:1", sealed, place="p")
        assert client.unlock(share=third.upper() + "\n")["locked"] is False
        assert client.status()["shares_given"] == []
        assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_a_wrong_share_is_named(world: World, home: Path, tmp_path: Path) -> None:
    made = keyring.create_with_shares(home, 2, 3)
    other = keyring.create_with_shares(tmp_path / "other", 2, 3)
    root = keyring.read(home).root
    swapped = made[1][:30] + ("a" if made[1][30] != "a" else "b") + made[1][31:]
    for text, said in [(swapped, "Share 2 was mistyped"), (other[2], "Share 3 belongs to another"), ("x", "no share")]:
        with pytest.raises(BadInput, match=said):
            shares.read_share(text, root)
    forged = shares.Share(root["set"], 1, bytes(33)).text()
    with pytest.raises(BadInput, match="Share 1 is not one of"):
        shares.read_share(forged, root)
    assert shares.read_share(made[0], root).number == 1


@pytest.mark.parametrize(("threshold", "of"), [(1, 3), (4, 3), (2, 21), (0, 0)])
def test_impossible_numbers_of_shares_are_refused(home: Path, threshold: int, of: int) -> None:
    with pytest.raises(BadInput):
        keyring.create_with_shares(home, threshold, of)


def test_any_k_of_n_shares_give_the_secret_and_fewer_do_not() -> None:
    from itertools import combinations

    secret = bytes(range(32))
    made = shares.split(secret, 3, 5)
    for three in combinations(made, 3):
        assert shares.combined(list(three)) == secret
    for two in combinations(made, 2):
        assert shares.combined(list(two)) != secret


def test_trial_to_shares_takes_the_trial_file_away_and_keeps_the_cases(world: World, home: Path) -> None:
    with running_keyholder(home):
        sealed = sealed_case()
        old = keyring.trial_opener(home)
        made = client.to_shares(2, 2)
        assert not (home / "keys" / TRIAL_FILE).exists()
        assert keyring.warnings(home) == []
        with pytest.raises(BadInput):
            keyring.open_with(keyring.read(home), old)
        with pytest.raises(BadInput, match="one hand"):
            client.to_passphrase(WORDS)
    with running_keyholder(home):
        with pytest.raises(Locked):
            seals.unseal("case:1", sealed, place="p")
        for share in made:
            client.unlock(share=share)
        assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_trial_to_passphrase_and_the_copy_of_the_trial_file_opens_nothing(world: World, home: Path) -> None:
    with running_keyholder(home):
        sealed = sealed_case()
        copy = (home / "keys" / TRIAL_FILE).read_bytes()
        client.to_passphrase(WORDS)
    (home / "keys" / TRIAL_FILE).write_bytes(copy)  # as a crash before its removal would leave it
    with running_keyholder(home):
        assert not (home / "keys" / TRIAL_FILE).exists()
        assert client.unlock(passphrase=WORDS)["locked"] is False
        assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_a_changed_or_missing_ring_is_a_sentence(home: Path) -> None:
    with pytest.raises(Unsafe, match="no key ring"):
        keyring.read(home)
    keyring.create_trial(home)
    path = home / "keys" / "ring"
    whole = path.read_bytes()
    keyring.open_with(keyring.read(home), keyring.trial_opener(home))
    for broken in (b"", b"{}", b"[" * 100_000, whole[:-20], b"\xff" * 10):
        path.write_bytes(broken)
        with pytest.raises(Unsafe, match="not a key ring"):
            keyring.read(home)
    other = home / "other"
    keyring.create_trial(other)
    public = (other / "keys" / "ring").read_bytes().split(b'"log":"')[1][:44]
    path.write_bytes(whole.replace(whole.split(b'"log":"')[1][:44], public))
    with pytest.raises(Unsafe, match="was changed"):
        keyring.open_with(keyring.read(home), keyring.trial_opener(home))
