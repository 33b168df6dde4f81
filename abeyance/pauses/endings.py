"""Pages of the second person and of the end: who stands behind a pause, what would come back, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import NotFound
from abeyance.pauses import actions, conditions, documents, drafts, lifting, store, views
from abeyance.pauses.models import PauseRow
from abeyance.pauses.preview import preview_of_lift
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.pauses import Pause
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import PauseMode


@act(Permission.PAUSE_DECLARE)
def confirm(request: MemberRequest, name: str) -> HttpResponse:
    """Where nobody's word waits for a second one: say the first."""
    proposal = actions.propose_confirm(name, by=request.member, now=_now())
    messages.success(request, _("You stand behind it. Another member confirms it."))
    return redirect("proposal", code=proposal.code)


@page(Permission.PAUSE_LIFT)
def ending(request: MemberRequest, name: str) -> HttpResponse:
    """What would come back, and what each way to end it means."""
    rows, now = _in_force(name, request.member), _now()
    found = [store.from_row(row) for row in rows]
    context = {
        "name": name,
        "seen": documents.of_lift(preview_of_lift(found, reader=request.member, now=now)),
        "against": conditions.against_lifting(found[-1], now=now),
        "conditions": conditions.states(found[-1]),
        "outcomes": [(outcome.value, what_follows(outcome)) for outcome in possible()],
        "laws": " ".join(sorted(found[-1].laws)),
        "agencies": " ".join(sorted(found[-1].agencies)),
        "jurisdictions": " ".join(sorted(found[-1].jurisdictions)),
    }
    return render(request, "pauses/ending.html", context)


@act(Permission.PAUSE_LIFT, step_up=True)
def lift(request: MemberRequest, name: str) -> HttpResponse:
    outcome = lifting.outcome_called(request.POST.get("outcome", LiftOutcome.RESUME.value))
    proposal = actions.propose_lift(
        name,
        request.POST.get("closing_statement", ""),
        by=request.member,
        now=_now(),
        outcome=outcome,
        successor=_narrower(request, name) if outcome is LiftOutcome.NARROW else None,
        to=request.POST.get("reroute_to", "")[:2],
    )
    messages.success(request, _("Proposed. Another member agrees; until then the pause holds."))
    return redirect("proposal", code=proposal.code)


def possible() -> list[LiftOutcome]:
    """A pause that nobody can declare cannot follow either."""
    modes = {mode.value for mode in PauseMode}
    return [outcome for outcome in LiftOutcome if outcome.mode is None or outcome.mode in modes]


def what_follows(outcome: LiftOutcome) -> str:
    match outcome:
        case LiftOutcome.RESUME:
            return _("Resume: nothing holds them any more; they are weighed again, and their requesters confirm them")
        case LiftOutcome.NARROW:
            return _("Narrow: a version that covers less, in the same act")
        case LiftOutcome.STANDING_REFUSAL:
            return _("Refuse from now on: a pause that refuses follows, in the same act")
        case LiftOutcome.REROUTE:
            return _("To the treaty channel: a pause that sends there follows, in the same act")
        case LiftOutcome.LEAVE_MARKET:
            return _("Leave the market: whatever the country asks is refused, in the same act")


def _narrower(request: MemberRequest, name: str) -> Pause:
    """What it still holds: the newest version with fewer countries, agencies or laws."""
    newest = _in_force(name, request.member)[-1]
    axes = {axis: views.words(request.POST.get(axis, "")) for axis in ("jurisdictions", "agencies", "laws")}
    return drafts.read(newest.body | axes)


def _in_force(name: str, reader: str) -> list[PauseRow]:
    rows = [row for row in store.known([name], reader) if row.ended_epoch is None]
    if not rows:
        raise NotFound("No pause of this name is in force.")
    return rows


def _now() -> datetime:
    return datetime.now(UTC)
