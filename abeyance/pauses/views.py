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

from abeyance.errors import BadInput, NotFound
from abeyance.pauses import actions, documents, store, wording
from abeyance.pauses.models import PauseRow
from abeyance.pauses.preview import preview
from abeyance.people import proposals
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.pausefile import AXES, CONDITIONS, Unreadable, parse_pause
from abeyance.rules.pauses import Pause
from abeyance.rules.permissions import Permission, roles_with
from abeyance.rules.terms import DemandKind, Issuer, Need, Offence, PauseMode, Stage

OF_EXCEPTION = (*CONDITIONS, "approvers", "if_ever_held")
BLANK_EXCEPTIONS = 2
MOST_COLLISIONS = 50


@page(None)
def pauses(request: MemberRequest) -> HttpResponse:
    ended = PauseRow.objects.filter(ended_epoch__isnull=False).order_by("-ended_at")[:100]
    context = {
        "in_force": [documents.of_row(row) for row in store.rows_in_force()[:1000]],
        "ended": [documents.of_row(row) for row in ended],
        "today": datetime.now(UTC).date().isoformat(),
    }
    return render(request, "pauses/list.html", context)


@page(None)
def pause(request: MemberRequest, name: str) -> HttpResponse:
    """Every version, what it covers now, and how it may end."""
    rows = list(store.known([name]))
    if not rows:
        raise NotFound("There is no such pause.")
    told = [documents.of_row(row) for row in rows]
    in_force = [row for row in rows if row.ended_epoch is None]
    waiting = [each for each in proposals.waiting() if each.subject == name and each.kind.startswith("pause-")]
    seen = preview(store.from_row(in_force[-1]), reader=request.member, now=_now()) if in_force else None
    context = {
        "name": name,
        "newest": told[-1],
        "axes": wording.shown(told[-1]),
        "exceptions": [(each, wording.conditions_of(each)) for each in told[-1]["exceptions"]],
        "versions": told[::-1],
        "in_force": bool(in_force),
        "seen": _seen(seen) if seen else None,
        "proposals": waiting,
        "today": datetime.now(UTC).date().isoformat(),
    }
    return render(request, "pauses/pause.html", context)


@page(Permission.PAUSE_DRAFT, methods=("GET", "POST"))
def new(request: MemberRequest) -> HttpResponse:
    """Draft, see what it would hold, declare: the same form, so that what was seen is what binds."""
    return _form(request, None)


@page(Permission.PAUSE_AMEND, methods=("GET", "POST"))
def amend(request: MemberRequest, name: str) -> HttpResponse:
    """A new version; where it could hold less, the older one stays beside it until a second person agrees."""
    rows = list(store.rows_in_force(name))
    if not rows:
        raise NotFound("No pause of this name is in force.")
    return _form(request, documents.of_row(rows[-1]))


@act(Permission.PAUSE_LIFT, step_up=True)
def lift(request: MemberRequest, name: str) -> HttpResponse:
    proposal = actions.propose_lift(name, request.POST.get("closing_statement", ""), by=request.member, now=_now())
    messages.success(request, _("Proposed. Another member agrees; until then the pause holds."))
    return redirect("proposal", code=proposal.code)


def _form(request: MemberRequest, older: Mapping[str, Any] | None) -> HttpResponse:
    document: dict[str, Any] = dict(older or {"stages": [stage.value for stage in Stage], "mode": "hold"})
    problem, seen = "", None
    if request.method == "POST":
        document = _stated(request)
        if older is not None:
            document["name"] = older["name"]
        try:
            stated = _read(document)
        except BadInput as wrong:
            problem = str(wrong)
        else:
            if request.POST.get("way") == "declare":
                return _bind(request, stated, amends=older is not None)
            seen = _seen(preview(stated, reader=request.member, now=_now()))
    context = {
        "older": older,
        "document": document,
        "axes": [(name, label, " ".join(document.get(name, []))) for name, label in wording.asked_for().items()],
        "exceptions": [_asked(each) for each in (*document.get("exceptions", []), *([{}] * BLANK_EXCEPTIONS))],
        "stages": [(stage.value, stage.value in document.get("stages", [])) for stage in Stage],
        "modes": [mode.value for mode in PauseMode],
        "known": _known(),
        "conditions": "\n".join(document.get("conditions", [])),
        "problem": problem,
        "seen": seen,
    }
    return render(request, "pauses/form.html", context, status=422 if problem else 200)


def _bind(request: MemberRequest, stated: Pause, *, amends: bool) -> HttpResponse:
    act_ = actions.amend if amends else actions.declare
    bound = act_(stated, by=request.member, now=_now())
    if bound.proposal is not None:
        said = _("The new version is in force. The older one holds as well until another member agrees.")
        messages.warning(request, said)
    else:
        messages.success(request, _("%(name)s is in force.") % {"name": bound.pause.name})
    return redirect("pause", name=bound.pause.name)


def _stated(request: MemberRequest) -> dict[str, Any]:
    """The form as the document that a TOML file would be, so that one reader judges both."""
    said = request.POST
    document: dict[str, Any] = {axis: _list(said.get(axis, "")) for axis in AXES}
    texts = ("name", "reason", "statement", "review_by", "mode", "treat_as", "reroute_to")
    document |= {key: said.get(key, "").strip() for key in texts}
    document["stages"] = said.getlist("stages")
    for key in ("starts", "since"):
        if moment := said.get(key, "").strip():
            document[key] = _moment(moment)
    document["new_only"] = "new_only" in said or "since" in document
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
                    **{key: _list(_nth(said.getlist(f"exception-{key}"), number)) for key in OF_EXCEPTION},
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


def _list(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())).isoformat()


def _read(document: Mapping[str, Any]) -> Pause:
    try:
        return parse_pause(document)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None


def _seen(seen: Any) -> dict[str, Any]:
    told = documents.of_preview(seen)
    return told | {
        "more_collisions": max(0, len(told["collisions"]) - MOST_COLLISIONS),
        "collisions": told["collisions"][:MOST_COLLISIONS],
        "by_state": sorted(told["by_state"].items()),
    }


def _now() -> datetime:
    return datetime.now(UTC)
