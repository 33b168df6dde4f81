"""What a pause covers, counted apart from declaring it: the database groups the open items by their axes, and the rule
itself decides on each group, so that a million items cost one pass and no second reading of the rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case as Choice
from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat

from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Demand, Item, Release
from abeyance.policy import queries as policy
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauses import Pause, Reach, reach_under_any
from abeyance.rules.policy import Books
from abeyance.rules.services import brands_of, companies_of

LABELS = ("jurisdiction", "agency", "instrument")
AXES = (*LABELS, "service", "subject_country")
# Grouped by only where the pause asks for them: there are many more combinations.
OF_THE_ACCOUNT = ("places", "related_to")
NOT_LOOKED_AT = "?"
BETWEEN, NEXT = "\x1f", "\x1e"  # no code has them
LATELY = timedelta(days=7)
MOST_LISTED = 200
_ANY_TIME = datetime(9999, 1, 1, tzinfo=UTC)  # the pauses that are asked with it have no axis of time


@dataclass(frozen=True)
class Coverage:
    requests: int
    items: int
    perhaps: int  # of the items: those that are held because a fact is not known
    by_state: dict[str, int]


def covered(pause: Pause, cases: QuerySet[Case]) -> Coverage:
    """How much of what is open and visible the pause covers."""
    matching = items_covered(pause, cases)
    by_state = dict(matching.values_list("case__state").annotate(n=Count("case", distinct=True)))
    perhaps = sum(count for _, count, found in _groups(pause, _in_scope(pause, cases)) if found is Reach.PERHAPS)
    return Coverage(sum(by_state.values()), matching.count(), perhaps, by_state)


def items_covered(pause: Pause, cases: QuerySet[Case]) -> QuerySet[Item]:
    return _covered_of(pause, _in_scope(pause, cases))


def ever_held(pause: Pause, declared_at: datetime, ended_at: datetime | None) -> int:
    """How many requests, open or closed, it has held while it was in force; whoever may read them."""
    items = Item.objects.exclude(case__closed_at__lt=declared_at)
    if ended_at is not None:
        items = items.filter(case__arrived_at__lt=ended_at)
    return _covered_of(pause, _timely(pause, items)).values("case").distinct().count()


def released_under(names: Collection[str]) -> Counter[str]:
    """By "pause/exception": of how many requests something was handed out under it, or is being; whoever may read
    them."""
    releases = Release.objects.exclude(state="failed").exclude(exception="")
    rows = set(releases.values_list("exception", "package__case_id"))
    used = {(each, case) for listed, case in rows for each in listed.split(",") if each.partition("/")[0] in names}
    return Counter(each for each, _ in used)


def _covered_of(pause: Pause, items: QuerySet[Item]) -> QuerySet[Item]:
    """By one key of all axes, so that the question stays short however many combinations are covered."""
    names = (*_axes_of(pause), "before")
    keys = [BETWEEN.join(_word(name, axes[name]) for name in names) for axes, _, _ in _groups(pause, items)]
    return items.annotate(key=Concat(*_spaced(map(_text, names)), output_field=TextField())).filter(key__in=keys)


def _text(name: str) -> Combinable:
    if name not in OF_THE_ACCOUNT:
        return Coalesce(name, Value(""), output_field=TextField())
    listed = Func(F(name), Value(NEXT), function="array_to_string", output_field=TextField())
    return Coalesce(listed, Value(NOT_LOOKED_AT), output_field=TextField())


def _word(name: str, value: Any) -> str:
    """As `_text` has it; a list that is not there is not an empty one."""
    if name in OF_THE_ACCOUNT:
        return NOT_LOOKED_AT if value is None else NEXT.join(value)
    return value or ""


def handed_over_lately(pause: Pause, cases: QuerySet[Case], *, now: datetime) -> list[Release]:
    """What left in the last days and would be held now; the newest first."""
    releases = Release.objects.filter(made__gte=now - LATELY, package__case__in=cases).exclude(state="failed")
    found = (
        releases.order_by("-made")
        .select_related("package__case")
        .prefetch_related("package__items__item", "package__case__demands")
    )
    return [release for release in found[: 5 * MOST_LISTED] if _covers_release(pause, release)][:MOST_LISTED]


def _in_scope(pause: Pause, cases: QuerySet[Case]) -> QuerySet[Item]:
    return _timely(pause, Item.objects.filter(open=True, case__in=cases))


def _timely(pause: Pause, items: QuerySet[Item]) -> QuerySet[Item]:
    """Without those that arrived too early, and with what else each was called before."""
    items = items.annotate(before=_labels_before())
    if pause.under_way:
        return items
    if pause.since is not None:
        return items.filter(Q(demand__arrived_at__gte=pause.since) | Q(asked_at__gte=pause.since))
    return items.filter(arrived_epoch__gte=pause.since_epoch)


def _labels_before() -> Combinable:
    """What `casefile.facts.labels_that_count` gives beside the item's own, the newest first, as one text. The look at
    other versions is made only where the item's own is a later one, to whose labels nobody else has agreed."""
    agreed_since = Demand.objects.filter(
        case=OuterRef("case"), version__gt=OuterRef("version"), labels_agreed_by__isnull=False
    )
    older = Demand.objects.filter(case=OuterRef("case")).exclude(pk=OuterRef("demand")).exclude(Exists(agreed_since))
    each = Concat(
        *_spaced(Coalesce(name, Value(""), output_field=TextField()) for name in LABELS), output_field=TextField()
    )
    text = (
        older.order_by()
        .values("case")
        .annotate(text=StringAgg(each, NEXT, order_by="-version", output_field=TextField()))
        .values("text")
    )
    return Choice(
        When(
            demand__version__gt=1,
            demand__labels_agreed_by=None,
            then=Coalesce(Subquery(text), Value(""), output_field=TextField()),
        ),
        default=Value(""),
        output_field=TextField(),
    )


def _spaced(parts: Iterable[Combinable]) -> Iterator[Combinable]:
    for number, part in enumerate(parts):
        if number:
            yield Value(BETWEEN)
        yield part


def _groups(pause: Pause, items: QuerySet[Item]) -> Iterator[tuple[dict[str, Any], int, Reach]]:
    """Each combination of axes that the pause covers, with its number of items."""
    names, books = (*_axes_of(pause), "before"), policy.books()
    for row in items.values(*names).annotate(count=Count("pk")).order_by():
        axes = {name: row[name] for name in names}
        demand, item = _facts(axes, books)
        found = reach_under_any(_whenever(pause), [demand, *_before(demand, row["before"])], item, now=_ANY_TIME)
        if found is not Reach.NO:
            yield axes, row["count"], found


def _axes_of(pause: Pause) -> tuple[str, ...]:
    return (*AXES, *OF_THE_ACCOUNT) if pause.looks_at_the_account else AXES


def _before(said: DemandFacts, text: str) -> list[DemandFacts]:
    """What an older version does not say, the newest does: as the gate reads it."""
    labels = [dict(zip(LABELS, one.split(BETWEEN), strict=True)) for one in text.split(NEXT) if one]
    return [
        replace(
            said,
            jurisdiction=each["jurisdiction"] or said.jurisdiction,
            agency=each["agency"] or said.agency,
            instrument=each["instrument"] or said.instrument,
        )
        for each in labels
    ]


def _covers_release(pause: Pause, release: Release) -> bool:
    """As if the release were asked for now: "new only" and a later start do not excuse what has left."""
    case = release.package.case
    versions = sorted(case.demands.all(), key=lambda demand: -demand.version)
    newest = DemandFacts(
        jurisdiction=versions[0].jurisdiction, agency=versions[0].agency, instrument=versions[0].instrument
    )
    counting = casefacts.labels_that_count(case, newest, versions)
    books, names = policy.books(), (*AXES, *OF_THE_ACCOUNT)
    packed = [_facts({name: getattr(row.item, name) for name in names}, books) for row in release.package.items.all()]
    return any(
        reach_under_any(_whenever(pause), [demand, *counting], item, now=_ANY_TIME) is not Reach.NO
        for demand, item in packed
    )


def _whenever(pause: Pause) -> Pause:
    """The pause without its axes of time, which the caller has dealt with."""
    return replace(pause, under_way=True, starts_at=None)


def _facts(axes: Mapping[str, Any], books: Sequence[Books]) -> tuple[DemandFacts, ItemFacts]:
    related = axes.get("related_to")
    demand = DemandFacts(
        jurisdiction=axes["jurisdiction"],
        agency=axes["agency"],
        instrument=axes["instrument"],
        related_to=None if related is None else frozenset(related),
    )
    maps = [each.map_of(axes["service"]) for each in books]
    item = ItemFacts(
        number=0,
        service=axes["service"],
        subject_country=axes["subject_country"],
        places=tuple(casefacts.read_place(each) for each in axes.get("places") or ()),
        brands=brands_of(maps),
        companies=companies_of(maps),
    )
    return demand, item
