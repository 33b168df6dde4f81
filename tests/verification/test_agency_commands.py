"""`abeyance agency`: two commands by two people to add, one to suspend."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.fence.models import Fence
from abeyance.people import actions as members
from abeyance.seals import keyring
from abeyance.verification import commands


@pytest.fixture
def run(transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.ABEYANCE_HOME = tmp_path
    keyring.create_trial(tmp_path)
    Fence.objects.get_or_create(id=1)
    members.install_first_members(tmp_path)
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def call(*words: str, by: str | None = None) -> Answer:
        token = ["--token-file", str(tmp_path / "credentials" / f"{by}.token")] if by else []
        args = parser.parse_args([*words, *token])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


def test_the_examples_are_added_by_two_people(run: Any) -> None:
    with pytest.raises(Refused):
        run("agency", "add", str(commands.EXAMPLES))
    proposed = run("agency", "add", str(commands.EXAMPLES), by="first").document
    assert run("agency", "list").text == "The directory is empty."
    for proposal in proposed:
        with pytest.raises(Refused):
            run("agency", "agree", proposal["proposal"], by="first")
        run("agency", "agree", proposal["proposal"], by="second")
    assert len(run("agency", "list").document) == len(proposed) == 4
    assert "+85255500100" in run("agency", "show", "hk-harbour-police").text
    assert run("agency", "add", str(commands.EXAMPLES), by="first").text == "The directory says all of this already."


def test_suspending_needs_nobody_else_and_reinstating_does(run: Any) -> None:
    for proposal in run("agency", "add", str(commands.EXAMPLES), by="first").document:
        run("agency", "agree", proposal["proposal"], by="second")
    assert run("agency", "suspend", "hk-harbour-police").document["active"] is False
    assert "suspended" in run("agency", "show", "hk-harbour-police").text
    with pytest.raises(Refused):
        run("agency", "reinstate", "hk-harbour-police")
    again = run("agency", "reinstate", "hk-harbour-police", by="first").document
    run("agency", "agree", again["proposal"], by="second")
    assert "suspended" not in run("agency", "show", "hk-harbour-police").text


def test_what_is_not_there_or_cannot_be_read_is_said(run: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run("agency", "show", "xx-none")
    with pytest.raises(BadInput):
        run("agency", "suspend", "xx-none")
    with pytest.raises(BadInput):
        run("agency", "key-revoke", "nothing")
    with pytest.raises(BadInput, match="cannot be read"):
        run("agency", "key-add", "xx-none", str(tmp_path / "nowhere"), "--kind", "age", by="first")
