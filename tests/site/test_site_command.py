"""The command line: what it prints, how it ends, and that it never shows a traceback."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from abeyance.console import Answer
from abeyance.errors import BadInput, Locked, NotFound, Refused
from abeyance.rules.decision import Reason
from abeyance.site import saying, words
from tests.site import loaded
from tests.site.homes import MODULE, Home

WORDS = [
    *("serve", "demo", "intake", "request", "pause", "package", "verify", "ledger", "keys", "member", "proposal"),
    *("agency", "policy", "service", "jobs", "backup", "restore", "upgrade", "doctor", "assessment", "consultation"),
    *("step", "matter", "report", "hearing", "refusals", "scenario", "served"),
]


def test_a_command_on_a_fresh_home_sets_it_up_and_says_so_on_standard_error(home: Home) -> None:
    first = home.run("member", "list", "--json")
    assert [member["handle"] for member in json.loads(first.stdout)] == ["first", "second"]
    assert "trying out" in first.stderr
    again = home.run("member", "list", "--json")
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert home.server() is None, "the last to leave stops the server"


def test_two_commands_at_once_on_a_fresh_home_make_one_home(home: Home) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: home.json("member", "list"), range(3)))
    assert found[0] == found[1] == found[2] and len(found[0]) == 2


def test_help_names_every_command_and_makes_nothing(home: Home) -> None:
    shown = home.run("--help").stdout
    assert [word for word in WORDS if f"    {word} " not in shown and f"    {word}\n" not in shown] == []
    home.run("pause", "--help")
    assert home.run().stdout == shown
    assert not home.path.exists()


@pytest.mark.parametrize(
    "arguments", [["membr"], ["member"], ["member", "lisst"], ["keys", "shares"], ["member", "list", "--what"]]
)
def test_wrong_usage_ends_with_two(ready: Home, arguments: list[str]) -> None:
    assert ready.run(*arguments, code=2).stderr
    assert ready.run(*arguments, "--json", code=2).stdout == ""


def test_an_unknown_variable_ends_with_two(ready: Home) -> None:
    assert "ABEYANCE_DESK_PROT" in ready.run("member", "list", code=2, ABEYANCE_DESK_PROT="1").stderr


def test_a_refusal_ends_with_one_and_gives_its_reasons(ready: Home) -> None:
    assert ready.run("member", "add", "third", "--roles", "auditor", code=1).stderr.startswith("Refused: ")
    said = ready.run("member", "add", "third", "--roles", "auditor", "--json", code=1)
    document = json.loads(said.stderr)
    assert said.stdout == "" and document["error"] and document["reasons"][0]["code"] == "credential-needed"
    assert ready.run("request", "show", "R-nothing", "--json", code=None).returncode in {1, 2}


def test_verify_needs_no_home_and_no_database(home: Home, tmp_path: Path) -> None:
    (tmp_path / "receipt").write_text("not one\n")
    found = home.json("verify", str(tmp_path / "receipt"), code=1)
    assert found["holds"] is False and not home.path.exists()
    home.run("verify", str(tmp_path / "nothing"), code=2)


def test_what_nobody_foresaw_is_one_sentence_and_its_text_is_kept_nowhere(ready: Home) -> None:
    """A file where a folder is expected, deep inside a room."""
    documents = ready.path / "log" / "command.log"
    ring, kept = ready.path / "keys" / "ring", (ready.path / "keys" / "ring").read_bytes()
    ring.unlink()
    ring.mkdir()
    try:
        done = ready.run("keys", "where", code=1)
    finally:
        ring.rmdir()
        ring.write_bytes(kept)
        ring.chmod(0o600)
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(ring) not in (documents.read_text() if documents.exists() else "")


def test_each_kind_of_error_has_its_code() -> None:
    refused = Refused([Reason("code", "A sentence.", clause="x:y")])
    assert [saying.exit_code(each) for each in (BadInput("x"), NotFound("x"), Locked("x"), refused)] == [2, 1, 1, 1]
    assert saying.problem_document(refused)["reasons"][0]["clause"] == "x:y"


def test_foreign_words_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "a\x1b[2Jb\u202ec\n\tд 中"
    saying.say(Answer({"name": hostile}, hostile), as_json=False)
    assert capsys.readouterr().out == "a\\u001b[2Jb\\u202ec\n\tд 中\n"
    saying.say(Answer({"name": hostile}, hostile), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"name": hostile}


def test_the_table_of_words_is_what_the_rooms_register() -> None:
    for room in words.present():
        sub = argparse.ArgumentParser().add_subparsers()
        room.register(sub)
        assert tuple(sub.choices) == room.words, room.module
    assert sorted(word for room in words.ROOMS for word in room.words) == sorted(WORDS)


def test_a_command_in_a_test_is_a_process_that_ends_as_one() -> None:
    """The means by which the tests beside this one run commands is tried itself."""
    given = {"PATH": os.environ["PATH"], "ABEYANCE_NO_SUCH_SETTING": "1"}
    assert loaded.run(MODULE, ["--version"], {}, 60).stdout.startswith("abeyance ")
    strange = loaded.run(MODULE, ["ledger", "checkpoint"], given, 60)
    assert (strange.returncode, strange.stdout) == (2, "")
    assert "ABEYANCE_NO_SUCH_SETTING" in strange.stderr
    with pytest.raises(subprocess.TimeoutExpired):
        loaded.run("http.server", ["0"], given, 2)
    assert loaded.run(MODULE, ["no-such-word"], {}, 60).returncode == 2
