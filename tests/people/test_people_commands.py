"""Who acts when a command is given, and what the commands of this room do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from abeyance.console import Answer
from abeyance.errors import BadInput, Refused
from abeyance.people import commands, queries
from abeyance.people.models import Member


@pytest.fixture
def run(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def call(*words: str, by: str | None = None) -> Answer:
        token = ["--token-file", str(desk.home / "credentials" / f"{by}.token")] if by else []
        args = parser.parse_args([*words, *token])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


def arguments(**said: Any) -> argparse.Namespace:
    return argparse.Namespace(**({"acting_as": None, "token_file": None} | said))


def test_without_a_token_the_shell_is_the_operator_and_signs_nothing(desk: Any, run: Any) -> None:
    assert commands.acting(arguments(), needs_credential=False) == "operator"
    with pytest.raises(Refused, match="own token"):
        commands.acting(arguments(), needs_credential=True)


def test_naming_a_member_needs_that_members_token(desk: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="own token"):
        commands.acting(arguments(acting_as="first"), needs_credential=False)
    monkeypatch.setenv("ABEYANCE_TOKEN", desk.token_of(desk.first))
    assert commands.acting(arguments(acting_as="first"), needs_credential=True) == desk.first
    assert commands.acting(arguments(acting_as=desk.first), needs_credential=True) == desk.first
    with pytest.raises(Refused, match="not that of second"):
        commands.acting(arguments(acting_as="second"), needs_credential=True)


def test_a_wrong_token_is_not_the_operator(desk: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEYANCE_TOKEN", "abeyance-" + "A" * 43)
    with pytest.raises(Refused, match="not that of an active member"):
        commands.acting(arguments(), needs_credential=False)


def test_token_files_that_cannot_be_read_are_named(desk: Any, run: Any, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for path in (tmp_path / "nowhere", binary, tmp_path):
        with pytest.raises(BadInput, match="token file"):
            commands.acting(arguments(token_file=path), needs_credential=True)


def test_a_member_joins_by_two_commands_and_signs_with_the_new_token(run: Any) -> None:
    proposed = run("member", "add", "rita", "--roles", "reviewer", by="first")
    code = proposed.document["proposal"]
    assert code in proposed.text
    agreed = run("member", "agree", code, by="second")
    assert Path(agreed.document["token_file"]).read_text().startswith("abeyance-")
    with pytest.raises(Refused, match="no role"):
        run("member", "add", "rolf", "--roles", "auditor", by="rita")
    assert {m["handle"] for m in run("member", "list").document} == {"first", "second", "rita"}


def test_adding_needs_a_member_and_removing_does_not(run: Any) -> None:
    with pytest.raises(Refused):
        run("member", "add", "rita", "--roles", "reviewer")
    assert run("member", "remove", "second").document["active"] is False
    assert not Member.objects.get(handle="second").active


def test_a_lost_token_is_proposed_and_ones_own_is_made_at_once(run: Any) -> None:
    proposed = run("member", "token", "second", by="first")
    assert proposed.document["kind"] == "member-token"
    own = run("member", "token", "first", by="first")
    assert queries.member_for_token(Path(own.document["token_file"]).read_text().strip()) == own.document["member"]


def test_content_of_a_proposal_is_shown_to_those_whom_it_concerns(run: Any) -> None:
    code = run("member", "add", "rita", "--roles", "reviewer", by="first").document["proposal"]
    assert run("proposal", "show", code, by="second").document["content"] == {"handle": "rita", "roles": ["reviewer"]}
    assert [p["proposal"] for p in run("proposal", "list").document] == [code]
    guarded = run("member", "guard", "second", "HK", by="first").document["proposal"]
    assert "content" in run("proposal", "show", guarded, by="second").document
    assert "content" not in run("proposal", "show", guarded).document
    run("proposal", "withdraw", code)
    assert [p["proposal"] for p in run("proposal", "list").document] == [guarded]


def test_taking_no_part_by_command(run: Any, desk: Any) -> None:
    run("member", "exclude-self", "hk", by="first")
    assert queries.hidden_jurisdictions(desk.first) == {"HK"}
    assert run("member", "include-self", "HK", by="first").document["kind"] == "exclusion-end"
    with pytest.raises(BadInput, match="two letters"):
        run("member", "exclude-self", "Hongkong", by="first")
