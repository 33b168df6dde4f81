"""Damaged files, as many as fit in some seconds. The long run is `tests/fuzz/run.py`."""

from __future__ import annotations

import io
import logging
from functools import cache
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abeyance.intake.reading import Limits, suggest, wire
from abeyance.intake.reading.content import Inner
from abeyance.intake.reading.values import Reading
from abeyance.intake.reading.walk import Walk
from tests.fuzz import corpus, mutation, run

LIMITS = Limits(seconds=4, part_seconds=1)


@cache
def seeds() -> list[bytes]:
    return list(corpus.good().values())


def reading_of(data: bytes) -> Reading:
    """The same way as in the reading process, without the process."""
    walk = Walk(LIMITS, frozenset(), lambda path: None)
    walk.read(Inner("file", data))
    found = suggest.Found(LIMITS.suggestions)
    for step in suggest.steps(walk.parts, walk.heads, found):
        step()
    return Reading(tuple(walk.parts), tuple(found.suggestions), tuple(walk.marks))


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(which=st.integers(0, 10), other=st.integers(0, 10), seed=st.integers(0, 2**32))
def test_no_damage_to_a_good_file_is_too_much(which, other, seed):
    logging.disable(logging.CRITICAL)
    data = mutation.damaged(seeds()[which], Random(seed), seeds()[other])
    reading = reading_of(data)
    logging.disable(logging.NOTSET)
    assert reading.parts[0].size == len(data)
    assert wire.understood(wire.written(reading)) == reading


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=2000))
def test_any_text_can_be_searched(text):
    reading = reading_of(text.encode("utf-8", "surrogatepass"))
    assert all(one.where.line >= 1 and one.where.page >= 1 for one in reading.suggestions)


def test_the_long_fuzzer_runs_and_judges(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run.main(1.5, seed=1) == 0
    assert io.StringIO(capsys.readouterr().out).readline().endswith("0 finds\n")
