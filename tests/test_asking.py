"""Several questions in one journey: typed rows, each statement seeing what the one before it waited for."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from abeyance.asking import Asked
from abeyance.casefile.models import Case
from abeyance.pauses.models import PauseRow
from abeyance.policy.models import Current

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_answer_goes_to_its_question_and_a_setting_has_none(desk: object) -> None:
    asked = Asked()
    asked.silent("SET LOCAL lock_timeout = 1234")
    first, none = asked.plain("SELECT %s::int, '%%'", 7), asked.rows(Current, "WHERE t.kind = %s", "none")
    there, timeout = asked.rows(Current, "ORDER BY t.kind, t.name"), asked.plain("SHOW lock_timeout")
    with transaction.atomic():
        asked.now()
    assert (first, none, timeout) == ([(7, "%")], [], [("1234ms",)])
    assert there == list(Current.objects.order_by("kind", "name"))
    assert all(not row._state.adding for row in there)


def test_rows_are_read_as_django_reads_them_and_written_rows_come_back(desk: object) -> None:
    now = timezone.now()
    row = PauseRow(
        name="P",
        version=1,
        body={"a": [1]},
        who=["HK"],
        since_epoch=0,
        declared_epoch=1,
        declared_at=now,
        declared_by="operator",
    )
    asked = Asked()
    asked.written(row)
    rows = asked.rows(PauseRow, "WHERE t.name = %s", "P")
    asked.now()
    assert row.pk is not None
    assert not row._state.adding
    assert [(found.pk, found.body, found.who, found.declared_at) for found in rows] == [
        (row.pk, {"a": [1]}, ["HK"], now)
    ]


def test_a_key_may_be_drawn_before_its_row_and_two_may_ask_together(desk: object) -> None:
    first, second = Asked(), Asked()
    key, text = first.drawn(Case), second.plain("SELECT 'second'")
    first.also(second)
    first.now()
    assert text == [("second",)]
    assert key[0][0] > 0


def test_a_broken_statement_stops_all_of_it(desk: object) -> None:
    asked = Asked()
    before = asked.plain("SELECT 1")
    asked.plain("SELECT 1/0")
    with pytest.raises(Error), transaction.atomic():
        asked.now()
    assert before == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the connection is in order


def test_a_queryset_is_a_question_too_with_what_it_leaves_out_and_a_count_that_ends(desk: object) -> None:
    everything = Current.objects.order_by("kind", "name")
    asked = Asked()
    there, named = asked.of(everything), asked.of(everything.filter(kind="policy").defer("name"))
    none, never = asked.of(everything.filter(kind="none")), asked.of(everything.filter(pk__in=[]))
    all_, some, nothing = asked.count(everything, 1000), asked.count(everything, 1), asked.count(everything.none(), 1)
    asked.now()
    assert there == list(everything)
    assert len(there) > 1
    assert [row.get_deferred_fields() for row in named] == [{"name"}]
    assert none == never == []
    assert [(each.number, each.more) for each in (all_, some, nothing)] == [(len(there), False), (1, True), (0, False)]
