"""Each company's pause of July 2020 under an invented name: the same forty requests, and what is made of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from abeyance.errors import BadInput
from abeyance.intake import confirming
from abeyance.pauses import actions, scenarios
from abeyance.pauses.weighing import weigh
from abeyance.rules import scenarios as rules
from abeyance.rules.pausefile import parse_pause
from tests.desk import Desk, demand, item
from tests.pages.people import signed_in
from tests.requests.test_by_api import Caller

OWN = """name = "OWN-1"
subjects = ["GB"]
review_by = 2036-01-01
reason = "A try."
statement = "We pause."
"""
SAMPLE = ("r01", "r03", "r07", "r08", "r09", "r10", "r11", "r12", "r13", "r15", "r37", "r39")


@pytest.mark.parametrize("path", scenarios.files(), ids=lambda path: path.stem)
def test_who_is_held_at_which_stage_and_what_the_officer_is_told(path: Path) -> None:
    result = scenarios.run(path)
    assert len(result.rows) == 40
    assert result.differs == {}
    for row in result.rows:
        assert row.told
        assert (row.sentence == "") is (row.verdict == "goes-on")


def test_a_pause_that_looks_at_the_account_holder_tells_the_officer_nothing_of_it() -> None:
    held = [row for row in scenarios.run(scenarios.FOLDER / "telex.toml").rows if row.verdict == "held"]
    assert held
    assert {row.told for row in held} == {"a neutral acknowledgement: that it holds would tell of the account holder"}


def test_a_scenario_that_comes_out_otherwise_says_so(tmp_path: Path) -> None:
    text = (scenarios.FOLDER / "chirp.toml").read_text()
    (tmp_path / "requests.toml").write_bytes((scenarios.FOLDER / "requests.toml").read_bytes())
    (tmp_path / "other.toml").write_text(text.replace('jurisdictions = ["HK"]', 'jurisdictions = ["MO"]'))
    assert scenarios.run(tmp_path / "other.toml").differs["r01"] == ("held", "goes-on")
    (tmp_path / "wrong.toml").write_text(text.replace("declared", "declaired"))
    with pytest.raises(BadInput, match="is no scenario"):
        scenarios.run(tmp_path / "wrong.toml")


def scenario(*words: str) -> tuple[int, Any]:
    command = [Path(sys.executable).with_name("abeyance"), "scenario", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_by_command_a_difference_is_exit_1_and_a_pause_of_ones_own_gives_a_table(tmp_path: Path) -> None:
    code, listed = scenario("list")
    assert code == 0
    assert "telex" in [each["name"] for each in listed]
    text = (scenarios.FOLDER / "chirp.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace('jurisdictions = ["HK"]', 'jurisdictions = ["MO"]'))
    code, told = scenario("run", str(tmp_path / "other.toml"))
    assert code == 1
    assert {"request": "r01", "expected": "held", "found": "goes-on"} in told["differs"]
    (tmp_path / "own.toml").write_text(OWN)
    code, told = scenario("run", str(tmp_path / "own.toml"))
    assert (code, told["title"], len(told["rows"])) == (0, "OWN-1", 40)
    assert {row["request"] for row in told["rows"] if row["verdict"] == "held"} >= {"r02", "r03"}


def test_by_api_and_on_a_page_the_same_table(desk: Desk) -> None:
    api, table = Caller(desk, "first"), scenarios.document(scenarios.named("telex"))
    assert len(api.get("/scenarios").json()) == len(scenarios.files())
    assert api.post("/scenarios/telex/run").json() == table
    assert api.post("/scenarios/nothing/run").status_code == 404
    own = tomllib.loads(OWN) | {"review_by": "2036-01-01"}
    assert api.post("/scenarios/run", own).json()["rows"][1]["verdict"] == "held"
    assert api.post("/scenarios/run", {"name": "OWN-1"}).status_code == 422
    page = signed_in(desk.first)
    shown = page.get("/pauses/scenarios/telex/").content.decode()
    assert "a neutral acknowledgement: that it holds would tell of the account holder" in shown
    assert shown.count('<th scope="row">') == 40
    assert page.get("/pauses/scenarios/nothing/").status_code == 404


def arrived(desk: Desk, said: dict[str, Any], number: int) -> str:
    """One of the forty by the ordinary acts, each about an account of its own."""
    given = {key: said[key] for key in ("issuer", "offence", "needs") if key in said}
    by_telephone = "prefix" in said
    identifier = f"+8529123450{number}" if by_telephone else f"holder-{number}@example.org"
    about = item(
        identifier_kind="telephone" if by_telephone else "email",
        identifier=identifier,
        category=said["category"],
        subject_country=said.get("agreed") or said["place"],
    )
    stated = demand(
        kind=said["kind"],
        requester=said.get("requester", "police"),
        jurisdiction=said["asks"],
        agency=said["agency"],
        instrument=said["law"],
        items=[about],
        **given,
        **({"related_to": said["related"]} if "related" in said else {}),
    )
    ref = desk.arrive(identifier)
    confirming.confirm(ref, stated, by=desk.first, now=desk.now())
    if "agreed" in said:
        confirming.agree_labels(ref, by=desk.second, now=desk.now())
    return ref


def test_a_sample_through_the_database_comes_out_as_by_the_rules_alone(desk: Desk) -> None:
    beside = tomllib.loads((scenarios.FOLDER / scenarios.REQUESTS).read_text())
    said = {each["id"]: beside["usual"] | each for each in beside["request"] if each["id"] in SAMPLE}
    refs = {name: arrived(desk, each, number) for number, (name, each) in enumerate(said.items(), 10)}
    document = tomllib.loads((scenarios.FOLDER / "roundtable.toml").read_text())["pause"]
    pause = parse_pause(document | {"review_by": "2036-10-06"})
    bound = actions.declare(pause, by=desk.first, now=desk.now()).pause
    assert bound.declared_at is not None
    moments = [each | {"arrived": bound.declared_at} for each in said.values()]
    requests = [rules.request_of(each, declared=bound.declared_at) for each in moments]
    expected = {row.request.id: row for row in rules.run([bound], requests, [], now=desk.now())}
    for name, ref in refs.items():
        held = weigh(desk.case(ref), now=desk.now())[1][0].held
        row = expected[name]
        assert bool(held) is (row.verdict == "held"), name
        if held:
            assert (held[0].stage.value, held[0].reason.sentence) == (row.stage, row.sentence), name
    assert {row.verdict for row in expected.values()} == {"held", "goes-on"}
