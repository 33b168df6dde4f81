"""Which part is wanted, as HTTP says it: understood, too far, or not understood and so all of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from abeyance.release.ranges import NotThere, Span, Wanted

MARK = '"abc"'


@pytest.mark.parametrize(
    ("said", "first", "end"),
    [
        ("bytes=0-", 0, 100),
        ("bytes=40-", 40, 100),
        ("bytes=40-59", 40, 60),
        ("bytes=99-99", 99, 100),
        ("bytes=40-5000", 40, 100),
        ("bytes=-30", 70, 100),
        ("bytes=-3000", 0, 100),
        ("Bytes=1-1", 1, 2),
    ],
)
def test_one_range_is_understood(said: str, first: int, end: int) -> None:
    assert Wanted(said).of(100, MARK) == Span(first, end, 100)


@pytest.mark.parametrize("said", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
def test_what_lies_outside_is_not_there(said: str) -> None:
    with pytest.raises(NotThere) as wrong:
        Wanted(said).of(100, MARK)
    assert wrong.value.size == 100


@pytest.mark.parametrize(
    "said",
    ["", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=٣-", "bytes=1-2x", "bytes=" + "9" * 99],
)
def test_what_is_not_understood_means_all_of_it(said: str) -> None:
    assert Wanted(said).of(100, MARK) is None


def test_another_mark_means_all_of_it_and_the_same_mark_the_rest() -> None:
    assert Wanted("bytes=40-", MARK).of(100, MARK) == Span(40, 100, 100)
    assert Wanted("bytes=40-", '"other"').of(100, MARK) is None
    assert Wanted("bytes=40-", f"W/{MARK}").of(100, MARK) is None


@given(some.text(max_size=30), some.integers(1, 10**9))
def test_whatever_is_said_a_part_lies_inside(said: str, size: int) -> None:
    try:
        found = Wanted(f"bytes={said}").of(size, MARK)
    except NotThere:
        return
    assert found is None or 0 <= found.first < found.end <= found.size == size
