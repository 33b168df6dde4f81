"""Declaring a pause over a million open requests beside one over a thousand, alone and while 300 releases run."""

from __future__ import annotations

import itertools
import statistics
from datetime import UTC, datetime

from bench import releasing
from bench.results import Result
from bench.world import World, p95, timed, world

FEW = 1_000
RATIO_GOAL, P95_GOAL = 1.5, 100.0
_numbers = itertools.count()


def run(quick: bool) -> list[Result]:
    many, rounds = (50_000, 60) if quick else (1_000_000, 200)
    with world() as desk:
        desk.fill(1, FEW, country="GB", agency="gb-northshire-police", law="gb-copo")
        desk.fill(FEW + 1, FEW + many, country="HK", agency="hk-harbour-police", law="hk-nsl43-s7")
        alone = _interleaved(desk, rounds)
        counting = timed(lambda: _count(desk))
        update = timed(lambda: _bulk_update(desk))
        packages = desk.packages(12)
        with releasing.beside(desk, [each.key for each in packages]):
            releasing.until_each_has_been_inside()
            busy = _interleaved(desk, max(20, rounds // 4), held=False)
    few, all_ = statistics.median(alone[0]), statistics.median(alone[1])
    return [
        Result(
            f"declare a pause over {many:,} open requests, median of {rounds}, interleaved",
            all_,
            "ms",
            f"at most {RATIO_GOAL} times that over {FEW:,}",
            all_ <= RATIO_GOAL * few,
            f"over {FEW:,} open requests, ms",
            few,
            all_ / few,
        ),
        Result("the same, 95th percentile", p95(alone[1]), "ms", "under 100 ms", p95(alone[1]) < P95_GOAL),
        Result(
            f"declare while {releasing.CONNECTIONS} connections release, 95th percentile of {len(busy[1])}",
            p95(busy[1]),
            "ms",
            "under 100 ms",
            p95(busy[1]) < P95_GOAL,
            "median, ms",
            statistics.median(busy[1]),
        ),
        Result(
            "a bulk UPDATE of the same rows instead",
            update,
            "ms",
            "for comparison",
            True,
            "declaring, ms",
            all_,
            update / all_,
        ),
        Result("counting what the pause covers, apart from declaring", counting, "ms", "for comparison", True),
    ]


def _interleaved(desk: World, rounds: int, *, held: bool = True) -> tuple[list[float], list[float]]:
    """Milliseconds over few and over many. `held` False: for a service that no release is about."""
    few, many = [], []
    for _ in range(rounds):
        few.append(_declare("GB", held))
        many.append(_declare("HK", held))
    return few, many


def _declare(country: str, held: bool) -> float:
    from abeyance.pauses import actions
    from abeyance.rules.pausefile import parse_pause

    said = {"name": f"B-{next(_numbers)}", "jurisdictions": [country], "review_by": "2030-01-01"}
    stages = {} if held else {"services": ["another"]}
    pause = parse_pause({**said, **stages, "reason": "bench", "statement": "bench"})
    taken = timed(lambda: actions.declare(pause, by="operator", now=datetime.now(UTC)))
    if held:
        _end_all()
    return taken


def _end_all() -> None:
    """So that the next one finds the desk as this one did, and releases are not held."""
    from abeyance.pauses.models import PauseRow

    PauseRow.objects.filter(ended_epoch=None).update(ended_epoch=0)  # before every finding, so that none becomes void


def _count(desk: World) -> None:
    from abeyance.casefile.door import visible_to
    from abeyance.pauses import coverage
    from abeyance.rules.pausefile import parse_pause

    said = {"name": "B-COUNT", "jurisdictions": ["HK"], "review_by": "2030-01-01", "reason": "b", "statement": "b"}
    assert coverage.covered(parse_pause(said), visible_to("operator")).requests > 0


def _bulk_update(desk: World) -> None:
    desk.run("UPDATE casefile_item SET open = open WHERE jurisdiction = 'HK' AND service = 'quill'")
