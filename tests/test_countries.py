"""A country is the one that was meant, or none."""

from __future__ import annotations

import pytest

from abeyance import countries


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Germany", "DE"),
        ("South Korea", "KR"),
        ("  hong   kong ", "HK"),
        ("hk", "HK"),
        ("the Netherlands", "NL"),
        ("UK", "GB"),
        ("United States of America", "US"),
        ("EU", "EU"),
        ("Ger", None),
        ("XA", None),
        ("", None),
    ],
)
def test_a_name_is_never_cut_to_another_countrys_code(said: str, code: str | None) -> None:
    assert countries.code_of(said) == code


def test_it_reads_well_in_a_sentence() -> None:
    assert [countries.in_text(code) for code in ("HK", "US", "NL", "XA")] == [
        "Hong Kong",
        "the United States",
        "the Netherlands",
        "XA",
    ]
    assert countries.with_code("HK") == "Hong Kong (HK)"
    assert countries.code_or_text(" atlantis") == "ATLANTIS"
