"""The doctor finds what is wrong, says how to mend it, and changes nothing."""

from __future__ import annotations

from typing import Any

from tests.site.homes import Home


def findings(home: Home, code: int = 0, **more: str) -> list[dict[str, Any]]:
    return list(home.json("doctor", code=code, **more)["findings"])


def sentences(found: list[dict[str, Any]], grade: str) -> str:
    return "\n".join(each["sentence"] for each in found if each["grade"] == grade)


def test_a_home_for_trying_out_is_sound_and_is_told_what_real_use_needs(ready: Home) -> None:
    found = findings(ready)
    assert sentences(found, "wrong") == ""
    told = sentences(found, "attention")
    for word in ("whoever takes this disk", "not adopted", "operator_name", "mail_host"):
        assert word in told


def test_a_server_that_may_forget_is_wrong(ready: Home) -> None:
    assert "synchronous_commit" in sentences(findings(ready, 1, PGOPTIONS="-c synchronous_commit=off"), "wrong")
    assert "REPEATABLE READ" in sentences(
        findings(ready, 1, PGOPTIONS="-c default_transaction_isolation=repeatable\\ read"), "wrong"
    )
    findings(ready, 0)


def test_a_folder_that_others_may_enter_is_wrong_and_its_mend_is_named(ready: Home) -> None:
    keys = ready.path / "keys"
    keys.chmod(0o755)
    try:
        assert f"chmod 700 {keys}" in sentences(findings(ready, 1), "wrong")
    finally:
        keys.chmod(0o700)
    findings(ready, 0)


def test_a_missing_key_ring_is_told(ready: Home) -> None:
    ring, kept = ready.path / "keys" / "ring", ready.path / "keys" / "kept"
    ring.rename(kept)
    try:
        assert "Put back" in ready.run("doctor", code=None).stdout
    finally:
        kept.rename(ring)


def test_a_log_that_is_behind_what_this_home_has_signed_is_wrong(ready: Home) -> None:
    """As after a restore of the database alone."""
    ready.run("ledger", "integrate", "--now")
    newest = ready.path / "ledger" / "newest"
    kept = newest.read_text()
    name, size, *rest = kept.splitlines(keepends=True)
    newest.write_text("".join([name, f"{int(size) + 64}\n", *rest]))
    try:
        assert "older copy" in sentences(findings(ready, 1), "wrong")
    finally:
        newest.write_text(kept)
    findings(ready, 0)
