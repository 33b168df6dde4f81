"""Which ranges are published, and the one spelling of a list of files."""

from __future__ import annotations

import pytest

from abeyance.rules.policy import Band, Reporting, ReportPeriod
from abeyance.rules.publication import BadList, banded, listed, read_list

RULES = Reporting(10, (Band("us", frozenset({"us-nsl"}), 250, ReportPeriod.HALF_YEAR, "50 USC 1874"),))


def test_a_count_is_a_range_and_none_looks_like_one() -> None:
    assert banded(0, ["hk-nsl43"], [], RULES) == banded(9, ["hk-nsl43"], [], RULES) == "0–9"
    assert banded(10, ["hk-nsl43"], [], RULES) == "10–19"
    assert banded(10, ["us-nsl"], ["US"], RULES) == "0–249"
    # A pause that names no law may hold requests under each one of the country, and one that names neither, any.
    assert (banded(10, [], ["HK"], RULES), banded(10, [], ["US"], RULES)) == ("10–19", "0–249")
    assert banded(10, [], [], RULES) == "0–249"


def test_a_list_is_read_only_as_it_is_written() -> None:
    files = {"a.html": b"one", "b.css": b"two"}
    written = listed(files)
    assert set(read_list(written)) == set(files)
    for wrong in (b"", written + b"\n", written[:-1], written.replace(b"  ", b" "), written + written, b"\xff"):
        with pytest.raises(BadList):
            read_list(wrong)
    with pytest.raises(BadList):
        read_list(written.replace(b"a.html", b"../a"))
