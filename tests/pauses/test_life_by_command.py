"""The life of a pause on the command line, from a draft to what a requester says after its end."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

import pytest

from abeyance.console import Answer
from abeyance.errors import Refused
from abeyance.pauses import commands as pauses
from abeyance.pauses.models import PauseRow
from abeyance.people import commands as people
from abeyance.site.requests import commands as requests
from tests.desk import Desk

FILE = """name = "HK-2020-07"
jurisdictions = ["HK"]
review_by = 2036-10-06
reason = "A new law."
statement = "We pause."
"""
Run = Callable[..., Answer]


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers()
    for room in (requests, pauses, people):
        room.register(sub)

    def call(*words: object, by: str) -> Answer:
        args = parser.parse_args([*map(str, words), "--token-file", str(desk.home / "credentials" / f"{by}.token")])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


def test_drafted_previewed_declared_confirmed_prolonged_lifted_and_confirmed_anew(desk: Desk, run: Run) -> None:
    ref, file = desk.genuine(), desk.home / "hk.toml"
    file.write_text(FILE)
    code = run("pause", "draft", file, "--store", by="first").document["draft"]
    assert run("pause", "drafts", by="second").document == []
    assert run("pause", "preview", code, by="first").document["covers"] == 1
    told = run("pause", "declare", code, by="first")
    assert "Another member confirms it" in told.text
    assert run("pause", "drafts", by="first").document == []
    assert "is confirmed" in run("pause", "confirm", "HK-2020-07", by="second").text
    with pytest.raises(Refused, match="stands by two people"):
        run("pause", "confirm", "HK-2020-07", by="first")

    file.write_text(FILE.replace("2036", "2037"))
    with pytest.raises(Refused, match="needs a reason"):
        run("pause", "amend", file, by="first")
    later = run("pause", "amend", file, "--why", "The experts are still being heard.", by="first").document
    run("pause", "agree", later["proposal"], by="second")

    desk.ready_to_lift("HK-2020-07")
    assert run("pause", "lift", "HK-2020-07", "--preview", by="first").document["requests"] == 1
    said = ("--statement", "We refuse from now on.", "--outcome", "standing-refusal")
    proposal = run("pause", "lift", "HK-2020-07", *said, by="first").document["proposal"]
    run("pause", "agree", proposal, by="second")
    assert [each["name"] for each in run("pause", "list", by="first").document] == ["HK-2020-07-REFUSED"]

    desk.ready_to_lift("HK-2020-07-REFUSED")
    proposal = run("pause", "lift", "HK-2020-07-REFUSED", "--statement", "It is over.", by="first").document["proposal"]
    run("pause", "agree", proposal, by="second")
    with pytest.raises(Refused, match="Not confirmed: need"):
        run("request", "reconfirm", ref, "--officer", "--order", "--offence", by="first")
    run("request", "reconfirm", ref, "--officer", "--order", "--offence", "--need", by="first")


def test_a_plan_is_shared_with_whom_its_author_names_and_a_draft_is_thrown_away(desk: Desk, run: Run) -> None:
    file = desk.home / "hk.toml"
    file.write_text(FILE + "starts = 2035-01-01T00:00:00+08:00\nhold_release_meanwhile = true\n")
    told = run("pause", "declare", file, "--share", "second", by="first")
    assert "only its authors see it" in told.text
    assert sorted(PauseRow.objects.get().authors) == sorted([desk.first, desk.second])
    assert run("pause", "list", by="second").document == []
    assert run("pause", "show", "HK-2020-07", by="second").document[0]["starts"].startswith("2034-12-31T16:00")
    code = run("pause", "draft", file, "--store", by="first").document["draft"]
    assert run("pause", "discard", code, by="first").document["discarded"]
