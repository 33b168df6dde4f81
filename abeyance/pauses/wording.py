"""The axes of a pause in the words of the pages, for the form and for what is shown of a pause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from abeyance import countries
from abeyance.rules.pausefile import AXES, CONDITIONS

OF_COUNTRIES = frozenset({"jurisdictions", "related_to", "subjects"})


def asked_for() -> dict[str, str]:
    """What the form asks for on each axis."""
    return {
        "jurisdictions": _("Countries that ask (two letters)"),
        "agencies": _("… or agencies of the directory"),
        "related_to": _("… or, whoever asks, countries that the matter is related to"),
        "laws": _("Laws or instruments; hk-nsl43 covers every one that begins with it"),
        "services": _("Services"),
        "brands": _("… or brands, as the data maps name them"),
        "companies": _("… or companies, as the data maps name them"),
        "subjects": _("Countries of the account holder; not known counts as covered"),
    }


def conditions_asked_for() -> dict[str, str]:
    """What the form asks for on each condition of an exception."""
    return {
        "kinds": _("For which kinds of demand"),
        "instruments": _("For which instruments"),
        "needs": _("For which confirmed needs"),
        "issuers": _("Signed by whom"),
        "offences": _("For which classes of offence"),
        "approvers": _("Roles of those who agree (two roles are two people)"),
        "if_ever_held": _("… for a matter that a pause has held before"),
    }


def shown(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The axes as facts to read; one that names nobody is any."""
    names = {
        "jurisdictions": _("Countries"),
        "agencies": _("Agencies"),
        "related_to": _("Or related to"),
        "laws": _("Laws"),
        "services": _("Services"),
        "brands": _("Brands"),
        "companies": _("Companies"),
        "subjects": _("Account holder in"),
    }
    always = ("jurisdictions", "agencies", "laws", "services", "subjects")
    rows = [
        (names[axis], ", ".join(_named(axis, document.get(axis, []))) or _("any"))
        for axis in AXES
        if document.get(axis) or axis in always
    ]
    rows.append((_("Stages"), ", ".join(document["stages"])))
    rows.append((_("Requests"), _requests(document)))
    if document["starts"]:
        rows.append((_("From when"), str(document["starts"])))
    return [*rows, (_("Mode"), mode(document)), (_("Review by"), str(document["review_by"]))]


def _named(axis: str, values: Sequence[str]) -> list[str]:
    return [countries.with_code(each) for each in values] if axis in OF_COUNTRIES else list(values)


def mode(document: Mapping[str, Any]) -> str:
    said = {
        "hold": _("held"),
        "refuse": _("refused, where the instrument leaves refusal to us"),
        "reroute": _("sent to the treaty channel to %(place)s while it is open, held otherwise"),
        "treat-as": _("answered as if %(place)s asked, where that is stricter"),
    }
    return said[document["mode"]] % {"place": document.get("reroute_to") or document.get("treat_as")}


def conditions_of(exception: Mapping[str, Any]) -> str:
    """What an exception asks for beside its sentence, by its codes."""
    asked = [" / ".join(exception[condition]) for condition in CONDITIONS if exception.get(condition)]
    if exception.get("approvers"):
        asked.append(_("agreed to by %(roles)s") % {"roles": " + ".join(exception["approvers"])})
    if exception.get("if_ever_held"):
        roles = " + ".join(exception["if_ever_held"])
        asked.append(_("for a matter ever held by %(roles)s") % {"roles": roles})
    return "; ".join(asked)


def _requests(document: Mapping[str, Any]) -> str:
    if document.get("since"):
        return _("those that arrived since %(moment)s") % {"moment": document["since"]}
    return _("new ones only") if document["new_only"] else _("also those under way")
