from __future__ import annotations

import argparse
import io
from pathlib import Path
from subprocess import Popen

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.console import Answer
from abeyance.errors import BadInput, Locked
from abeyance.seals import commands, keyring
from tests.keyholding import running_keyholder
from tests.seals.world import World

WORDS = "correct horse battery staple"


def keys(*words: str) -> Answer:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers(required=True))
    args = parser.parse_args(["keys", *words])
    answer = args.run(args)
    assert isinstance(answer, Answer)
    return answer


def test_lock_status_unlock(keyholder: Popen[bytes]) -> None:
    assert "unlocked" in keys("status").text
    assert keys("lock").document["locked"] is True
    assert keys("status").document["locked"] is True
    with pytest.raises(Locked):
        seals.digest("f", "v")
    assert keys("unlock").document["locked"] is False
    assert seals.digest("f", "v")


def test_status_complains_of_trial_keys_and_where_names_them(keyholder: Popen[bytes], home: Path) -> None:
    assert "root.trial" in keys("status").text
    shown = [one["path"] for one in keys("where").document["files"]]
    assert str(home / "keys" / "ring") in shown
    assert str(home / "keys" / "root.trial") in shown


def test_rotate_says_what_it_did(keyholder: Popen[bytes]) -> None:
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
    answer = keys("rotate")
    assert answer.document["survivors"] == 1
    assert "within" in answer.text


def test_from_trial_to_custodians_and_unlocking_with_their_shares(world: World, home: Path, tmp_path: Path) -> None:
    with running_keyholder(home):
        made = keys("shares", "--threshold", "2", "--of", "3").document["shares"]
        assert len(made) == 3
    with running_keyholder(home):
        assert keys("status").document["locked"] is True
        (tmp_path / "share").write_text(made[2] + "\n")
        assert keys("unlock", "--share-file", str(tmp_path / "share")).document["shares_given"] == [3]
        assert "1 of 2 shares" in keys("status").text
        (tmp_path / "share").write_text(made[0])
        assert keys("unlock", "--share-file", str(tmp_path / "share")).document["locked"] is False


def test_from_trial_to_a_passphrase(world: World, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").write_text(WORDS + "\n")
    with running_keyholder(home):
        keys("passphrase", "--passphrase-file", str(tmp_path / "words"))
    assert keys("status").document == {"running": False, "locked": True, "source": "passphrase", "warnings": []}
    with running_keyholder(home):
        monkeypatch.setattr("sys.stdin", io.StringIO("something else entirely\n"))
        with pytest.raises(BadInput):
            keys("unlock")
        monkeypatch.setattr("sys.stdin", io.StringIO(WORDS + "\n"))
        assert keys("unlock").document["locked"] is False


def test_a_home_without_keys_is_a_sentence(home: Path) -> None:
    from abeyance.errors import Unsafe

    with pytest.raises(Unsafe, match="no key ring"):
        keys("status")
    keyring.create_trial(home)
    assert keys("where").document["key_copies_days"] > 0
