"""Several questions in one journey: typed rows, each statement seeing what the one before it waited for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from abeyance import asking
from abeyance.asking import AGAIN, Asked
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
    row = _pause("P")
    asked = Asked()
    asked.written(row)
    rows = asked.rows(PauseRow, "WHERE t.name = %s", "P")
    asked.now()
    assert row.pk is not None
    assert not row._state.adding
    assert [(found.pk, found.body, found.who, found.declared_at) for found in rows] == [
        (row.pk, {"a": [1]}, ["HK"], row.declared_at)
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


def test_what_is_asked_again_is_prepared_and_answers_the_same(desk: object) -> None:
    statement = "SELECT %s, CASE WHEN %s THEN %s ELSE 0 END + 1, %s::text, '%%', %s + interval '1 day'"
    now = timezone.now()
    told = []
    for turn in range(2 * AGAIN):
        asked = Asked()
        found, last = asked.plain(statement, "a%s", turn > 0, turn, None, now), asked.plain("SELECT 'last'")
        asked.now()
        assert found == [("a%s", (turn if turn else 0) + 1, None, "%", now + timedelta(days=1))]
        assert last == [("last",)]
        told.append(_prepared_statements())
    assert [len(each) for each in told[: AGAIN + 1]] == [0] * (AGAIN - 1) + [1, 1]
    assert told[-1] == told[AGAIN]  # once
    assert "a%s" not in told[-1][0], "the server keeps what somebody asked for"


def test_what_is_prepared_sees_what_the_statement_before_it_waited_for(desk: object) -> None:
    """In one journey, and not only as it was when the journey began."""
    for turn in range(2 * AGAIN):
        asked, name = Asked(), f"P{turn}"
        asked.plain("INSERT INTO policy_current (kind, name) SELECT %s, %s WHERE false RETURNING id", "none", name)
        row = _pause(name)
        asked.written(row)
        found = asked.rows(PauseRow, "WHERE t.name = %s", name)
        asked.now()
        assert [each.pk for each in found] == [row.pk]


def test_after_an_error_nothing_is_taken_as_prepared(desk: object) -> None:
    def ask(number: int) -> list[tuple[int]]:
        asked = Asked()
        found = asked.plain("SELECT 12 / %s", number)
        with transaction.atomic():
            asked.now()
        return found

    for turn in range(2 * AGAIN):
        with pytest.raises(Error):
            ask(0)
        assert ask(turn + 1) == [(12 // (turn + 1),)]


def test_what_was_not_asked_for_longest_makes_room_and_answers_all_the_same(
    desk: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_PREPARED", 3)
    asking._kept.clear()
    asking._asked.clear()  # it has not asked or prepared anything yet

    def ask(name: str) -> None:
        for turn in range(AGAIN):
            asked = Asked()
            found = asked.plain(f"SELECT '{name}', %s WHERE interval '1 day' > '0'", turn)
            asked.now()
            assert found == [(name, turn)]

    def kept() -> set[str]:
        return {name for name in "abcde" if any(f"'{name}'" in each for each in _prepared_statements())}

    for name in "abc":
        ask(name)
    assert kept() == {"a", "b", "c"}
    ask("a")
    ask("d")
    assert kept() == {"a", "c", "d"}
    ask("b")
    assert kept() == {"a", "b", "d"}


def test_a_new_connection_is_told_anew(desk: object) -> None:
    for turn in range(2 * AGAIN):
        asked = Asked()
        found = asked.plain("SELECT %s * 2", turn)
        asked.now()
        assert found == [(2 * turn,)]
        if turn >= AGAIN:
            connection.close()


def _pause(name: str) -> PauseRow:
    return PauseRow(
        name=name,
        version=1,
        body={"a": [1]},
        who=["HK"],
        since_epoch=0,
        declared_epoch=1,
        declared_at=timezone.now(),
        declared_by="operator",
    )


def _prepared_statements() -> list[str]:
    wanted = "statement LIKE '%interval%' AND parameter_types <> '{}'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT statement FROM pg_prepared_statements WHERE {wanted}")
        return [row[0] for row in cursor.fetchall()]
