"""An announced exception used for one request: proposed by one person, agreed by another. One that was not announced
with the pause does not exist; and nothing leaves by this alone, since the gate asks for it again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Demand, ExceptionUse
from abeyance.errors import NotFound, Refused
from abeyance.patterns import queries as patterns
from abeyance.pauses import store
from abeyance.people import queries as people
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import ExceptionAgreed, ExceptionProposed
from abeyance.rules.patterns import WINDOW, Rise, rises
from abeyance.rules.pauses import Pause
from abeyance.rules.people import Permission
from abeyance.rules.release import ExceptionFacts


def propose_use(ref: str, pause: str, exception: str, *, by: str, now: datetime) -> ExceptionUse:
    """Say that an announced exception fits this request. Raises Refused where its conditions are not met."""
    case = door.open_for(by, ref, Permission.ANSWER_PROPOSE, now=now)
    act = uuid4()
    with fence.together(act):
        Case.objects.select_for_update().get(pk=case.pk)  # so that no newer version is stated meanwhile
        moment = fence.clock()
        demand = casefacts.newest_demand(case)
        people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
        _require_fitting(case, demand, pause, exception)
        use = ExceptionUse.objects.create(
            case=case, pause=pause, exception=exception, proposed_by=by, proposed_at=moment
        )
        proposed = ExceptionProposed(pause=pause, exception=exception)
        ledger.append(proposed, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return use


def agree_use(ref: str, pause: str, exception: str, *, by: str, now: datetime) -> ExceptionUse:
    """Agree to it as a second person, or as a third where the exception asks for one."""
    case = door.open_for(by, ref, Permission.ANSWER_AGREE, now=now)
    act = uuid4()
    with fence.together(act):
        moment, epoch = fence.clock(), fence.epoch()
        demand = casefacts.newest_demand(case)
        waiting = case.exception_uses.select_for_update().filter(pause=pause, exception=exception, third_by=None)
        use = next(iter(that_count(waiting.order_by("-pk"), demand)), None)
        if use is None:
            raise NotFound("Nobody has proposed to use that exception for this request.")
        if by == use.agreed_by:
            raise Refused([_no("same-person", f"{by} has agreed already, so somebody else has to agree.")])
        if use.agreed_by is not None and not _asks_for_more(pause, exception):
            raise NotFound("Two people have agreed already to use that exception; it asks for nobody else.")
        _require_fitting(case, demand, pause, exception)
        _require_second(case, demand, use, by=by, now=moment)
        if use.agreed_by is None:
            use.agreed_by, use.agreed_at, use.epoch = by, moment, epoch
        else:
            use.third_by, use.third_at = by, moment
        use.save(update_fields=["agreed_by", "agreed_at", "third_by", "third_at", "epoch"])
        agreed = ExceptionAgreed(pause=pause, exception=exception, proposer=use.proposed_by)
        ledger.append(agreed, by=by, now=moment, holder=case.holder, case=case.ref, epoch=epoch, act=act)
    return use


def that_count(
    uses: Iterable[ExceptionUse], demand: Demand, suspended: Collection[tuple[str, str]] = ()
) -> list[ExceptionUse]:
    """Those that were proposed for this version of the demand: one person's amendment must not inherit what others
    agreed to for other words. None of an exception that is suspended."""
    since = demand.confirmed_at
    return [
        use
        for use in uses
        if (use.pause, use.exception) not in suspended and (since is None or use.proposed_at >= since)
    ]


def facts_of(uses: Iterable[ExceptionUse]) -> tuple[ExceptionFacts, ...]:
    """Every use on file, with the people as they are now."""
    return tuple(
        ExceptionFacts(
            pause=use.pause,
            exception=use.exception,
            proposer=people.actor(use.proposed_by),
            agreer=people.actor(use.agreed_by) if use.agreed_by else None,
            epoch=use.epoch if use.epoch is not None else -1,
            third=people.actor(use.third_by) if use.third_by else None,
        )
        for use in uses
    )


def rising(now: datetime, in_force: Collection[str], *, reader: str | None) -> tuple[Rise, ...]:
    """Exceptions of pauses in force (their names) that are asked for ever more, in requests that the reader may know
    of, and are not suspended."""
    lately = ExceptionUse.objects.filter(proposed_at__gt=now - 2 * WINDOW, pause__in=in_force)
    uses = list(lately.values_list("case_id", "pause", "exception", "proposed_at"))
    if reader is not None and uses:
        seen = door.visible_to(reader).filter(pk__in={case for case, *_ in uses})
        known = set(seen.values_list("pk", flat=True))
        uses = [use for use in uses if use[0] in known]
    found = rises([(pause, exception, at) for _, pause, exception, at in uses], now=now)
    suspended = {(row.pause, row.exception) for row in patterns.suspensions()} if found else ()
    return tuple(rise for rise in found if (rise.pause, rise.exception) not in suspended)


def _require_fitting(case: Case, demand: Demand, name: str, exception: str) -> None:
    announced = {found.name: found for pause in _in_force(name) for found in pause.exceptions}
    if exception not in announced:
        known = ", ".join(sorted(announced)) or "none"
        raise Refused([_no("not-announced", f"Pause {name} has announced no such exception; it has: {known}.")])
    if (name, exception) in {(row.pause, row.exception) for row in patterns.suspensions()}:
        sentence = f"Exception {exception} of {name} is suspended: two people let it be used again (matter resume)."
        raise Refused([_no("exception-suspended", sentence)])
    said = casefacts.demand_facts(case, demand, genuine=False)
    if not announced[exception].could_apply(said):
        sentence = f"The demand does not meet what the exception asks for: {announced[exception].sentence}"
        raise Refused([_no("exception-does-not-fit", sentence)])


def _asks_for_more(name: str, exception: str) -> bool:
    """Whether a version of the pause names whose agreement this exception takes."""
    announced = [found for pause in _in_force(name) for found in pause.exceptions if found.name == exception]
    return any(found.approvers or found.if_ever_held for found in announced)


def _in_force(name: str) -> list[Pause]:
    found = store.in_force(name)
    if not found:
        raise NotFound(f"No pause {name[:48]} is in force. `abeyance pause list` shows those that are.")
    return found


def _require_second(case: Case, demand: Demand, use: ExceptionUse, *, by: str, now: datetime) -> None:
    locked = people.lock_members([by, use.proposed_by])
    house, finding = people.house_rules(), casefacts.newest_finding(case, demand.version)
    proposer = locked.get(use.proposed_by) or people.actor(use.proposed_by)
    agreer = locked.get(by) or people.actor(by)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    verifier = finding.by if finding else None
    people.refuse_unless(people_rules.may_agree(proposer, agreer, verifier, house.small_team, now, house.waiting))


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"pauses:{code}")
