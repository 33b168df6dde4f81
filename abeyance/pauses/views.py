"""Pages of pauses: draft, preview, declare, amend, ask for a lift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from abeyance.diligence import queries as assessments
from abeyance.errors import BadInput, NotFound
from abeyance.patterns import queries as patterns
from abeyance.pauses import actions, conditions, documents, drafts, exceptions, store, wording
from abeyance.pauses.preview import Preview, preview
from abeyance.people import proposals
from abeyance.people.pages import MemberRequest, page
from abeyance.rules import pauselife
from abeyance.rules.pausefile import AXES, CONDITIONS, as_document
from abeyance.rules.permissions import Permission, roles_with
from abeyance.rules.terms import DemandKind, Issuer, Need, Offence, PauseMode, Stage

KINDS = (actions.CONFIRM, actions.LOOSEN, actions.LIFT, "condition-settle", "assessment-waive")
OF_EXCEPTION = (*CONDITIONS, "approvers", "if_ever_held")
BLANK_EXCEPTIONS = 2
MOST_COLLISIONS = 50


@page(None)
def pauses(request: MemberRequest) -> HttpResponse:
    ended = store.ever_announced().filter(ended_epoch__isnull=False).order_by("-ended_at")[:100]
    context = {
        "in_force": [documents.of_row(row) for row in store.rows_in_force()[:1000]],
        "plans": [documents.of_row(row) for row in store.plans_of(request.member)],
        "drafts": [documents.of_draft(draft) for draft in drafts.of(request.member)],
        "ended": [documents.of_row(row) for row in ended],
        "today": datetime.now(UTC).date().isoformat(),
    }
    return render(request, "pauses/list.html", context)


@page(None)
def pause(request: MemberRequest, name: str) -> HttpResponse:
    """What it says, what has happened to it, and how it may end. What it covers is counted apart (`covers`)."""
    rows, now = list(store.known([name], request.member)), _now()
    if not rows:
        raise NotFound("There is no such pause.")
    in_force = [row for row in rows if row.ended_epoch is None]
    newest, newest_told = store.from_row(in_force[-1]) if in_force else None, documents.of_row(rows[-1])
    waiting = [each for each in proposals.waiting(request.member) if each.subject == name and each.kind in KINDS]
    context = {
        "name": name,
        "newest": newest_told,
        "axes": wording.shown(newest_told),
        "exceptions": _announced(newest_told, now, request.member, in_force=bool(in_force)),
        "history": documents.history(rows),
        "in_force": in_force,
        "phase": pauselife.phase(newest, now).value if newest else "ended",
        "confirm_by": in_force[-1].confirm_by if in_force else None,
        "proposals": waiting,
        "lifting": conditions.told(name, now=now) if store.rows_in_force(name).exists() else None,
        "assessment": assessments.of_pause(name),
        "stands_alone": bool(newest and newest.confirm_by) and all(each.kind == actions.LIFT for each in waiting),
        "today": now.date().isoformat(),
    }
    return render(request, "pauses/pause.html", context)


@page(None)
def covers(request: MemberRequest, name: str) -> HttpResponse:
    """What it covers now: over a million requests this takes seconds, so the page of the pause does not wait for it."""
    newest = next(reversed([row for row in store.known([name], request.member) if row.ended_epoch is None]), None)
    if newest is None:
        raise NotFound("No pause of this name is in force.")
    context = {"name": name, "seen": shown(preview(store.from_row(newest), reader=request.member, now=_now()))}
    return render(request, "pauses/seen.html" if "HX-Request" in request.headers else "pauses/covers.html", context)


def _announced(told: Mapping[str, Any], now: datetime, reader: str, *, in_force: bool) -> list[dict[str, Any]]:
    """What was announced, whether it may be used now, and whether it is used ever more."""
    if not told["exceptions"]:
        return []
    suspended = {row.exception for row in patterns.suspensions() if row.pause == told["name"]}
    found = exceptions.rising(now, [told["name"]] if in_force else [], reader=reader)
    rising = {rise.exception: rise.sentence for rise in found}
    return [
        {
            "said": each,
            "asked": wording.conditions_of(each),
            "suspended": each["name"] in suspended,
            "rise": rising.get(each["name"], ""),
        }
        for each in told["exceptions"]
    ]


@page(Permission.PAUSE_AMEND, methods=("GET", "POST"))
def amend(request: MemberRequest, name: str) -> HttpResponse:
    """A new version; where it could hold less, the older one stays beside it until a second person agrees."""
    rows = [row for row in store.known([name], request.member) if row.ended_epoch is None]
    if not rows:
        raise NotFound("No pause of this name is in force.")
    older = documents.of_row(rows[-1])
    document, problem, seen = as_document(store.from_row(rows[-1])), "", None
    why = request.POST.get("why", "")
    if request.method == "POST":
        document = stated(request) | {"name": name}
        try:
            pause = drafts.read(document)
        except BadInput as wrong:
            problem = str(wrong)
        else:
            if request.POST.get("way") == "declare":
                return told(request, actions.amend(pause, by=request.member, now=_now(), why=why))
            seen = shown(preview(pause, reader=request.member, now=_now()))
    more = {"older": older, "problem": problem, "seen": seen, "why": why}
    return form(request, document, more, status=422 if problem else 200)


# --- shared with the pages of drafts


def form(request: MemberRequest, document: Mapping[str, Any], more: dict[str, Any], *, status: int) -> HttpResponse:
    """Every axis, filled in with what the document says."""
    context = {
        "document": document,
        "axes": [(name, label, " ".join(document.get(name, []))) for name, label in wording.asked_for().items()],
        "exceptions": [_asked(each) for each in (*document.get("exceptions", []), *([{}] * BLANK_EXCEPTIONS))],
        "stages": [(stage.value, stage.value in document.get("stages", [])) for stage in Stage],
        "modes": [mode.value for mode in PauseMode],
        "known": _known(),
        "conditions": "\n".join(document.get("conditions", [])),
    }
    return render(request, "pauses/form.html", context | more, status=status)


def told(request: MemberRequest, bound: actions.Bound) -> HttpResponse:
    name = bound.pause.name
    if bound.proposal is not None:
        said = _("The new version is in force. The older one holds as well until another member agrees.")
        messages.warning(request, said)
    elif store.is_planned(bound.pause, _now()):
        messages.success(request, _("%(name)s is planned. Only its authors see it.") % {"name": name})
    else:
        messages.success(request, _("%(name)s is in force.") % {"name": name})
    return redirect("pause", name=name)


def stated(request: MemberRequest) -> dict[str, Any]:
    """The form as the document that a TOML file would be, so that one reader judges both."""
    said = request.POST
    document: dict[str, Any] = {axis: words(said.get(axis, "")) for axis in AXES}
    texts = ("name", "reason", "statement", "review_by", "mode", "treat_as", "reroute_to")
    document |= {key: said.get(key, "").strip() for key in texts}
    document["stages"] = said.getlist("stages")
    for key in ("starts", "since"):
        if moment := said.get(key, "").strip():
            document[key] = _moment(moment)
    document["new_only"] = "new_only" in said or "since" in document
    document["hold_release_meanwhile"] = "hold_release_meanwhile" in said
    document["conditions"] = [line.strip() for line in said.get("conditions", "").splitlines() if line.strip()]
    document["exceptions"] = _exceptions(request)
    route = {key: said.get(f"review-{key}", "").strip() for key in ("who", "how", "days")}
    if any(route.values()):
        days = route["days"]
        document["review"] = route | {"days": int(days) if days.isdecimal() else days}
    return document


def _exceptions(request: MemberRequest) -> list[dict[str, Any]]:
    said, found = request.POST, []
    for number, name in enumerate(said.getlist("exception-name")[:50]):
        if name.strip():
            found.append(
                {
                    "name": name.strip(),
                    "sentence": said.getlist("exception-sentence")[number].strip(),
                    **{key: words(_nth(said.getlist(f"exception-{key}"), number)) for key in OF_EXCEPTION},
                }
            )
    return found


def _asked(exception: Mapping[str, Any]) -> dict[str, Any]:
    """One exception as the form shows it: what is mostly asked for first, the rest folded away."""
    fields = [(key, label, " ".join(exception.get(key, []))) for key, label in wording.conditions_asked_for().items()]
    return {"said": exception, "first": fields[:2], "more": fields[2:]}


def _known() -> dict[str, list[str]]:
    """What may stand in a condition, for the lists that a field offers."""
    closed: dict[str, Any] = {"kinds": DemandKind, "issuers": Issuer, "offences": Offence, "needs": Need}
    roles = sorted(role.value for role in roles_with(Permission.ANSWER_AGREE))
    values = {key: [member.value for member in members] for key, members in closed.items()}
    return values | {"approvers": roles, "if_ever_held": roles}


def _nth(values: list[str], number: int) -> str:
    return values[number] if number < len(values) else ""


def words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())).isoformat()


def shown(seen: Preview) -> dict[str, Any]:
    said = documents.of_preview(seen)
    return said | {
        "more_collisions": max(0, len(said["collisions"]) - MOST_COLLISIONS),
        "collisions": said["collisions"][:MOST_COLLISIONS],
        "by_state": sorted(said["by_state"].items()),
    }


def _now() -> datetime:
    return datetime.now(UTC)
