"""Each company's pause of July 2020 under an invented name: the same forty requests, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from abeyance.errors import BadInput
from abeyance.pauses import scenarios


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
