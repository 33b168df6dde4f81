"""What each part of an assessment is called and asks, and what its sources say, in our own words and in every
language of the pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PARTS: Mapping[str, tuple[Promise, Promise]] = {
    "trigger": (_("What set it off"), _("Which law or event, of which date, and what it changes.")),
    "law-text": (_("Text of the law, and translation"), _("Where the text is, who translated it, what is unclear.")),
    "scope": (_("Scope"), _("Which services, what data is held and where, whom it is about.")),
    "powers-over-firm": (_("Powers over the firm"), _("Who may order what, and what happens to a firm that refuses.")),
    "penalties-for-staff": (_("Penalties for staff"), _("Who could be fined, held or tried, and where they are.")),
    "groups": (_("Rights and groups"), _("Whose rights are touched, and who is least able to bear it.")),
    "impacts": (
        _("Impacts, weighed"),
        _("Each right of each group: how grave, how many, how hard to undo, and how likely. The gravest come first."),
    ),
    "harm-of-pause": (
        _("Harm done by the pause itself"),
        _("Victims who wait, missing persons, retaliation, blocking, staff."),
    ),
    "consulted": (_("Who was consulted"), _("Experts and affected groups, what they said, whom it is safe to name.")),
    "not-consulted": (
        _("Why an affected group was not consulted"),
        _("Only where none was: what stood against it, and whose knowledge took its place."),
    ),
    "linkage": (_("Linkage and leverage"), _("How we are tied to the harm, and what we could change about it.")),
    "options": (_("Options, with the risk each leaves"), _("At least two: answer, narrow, reroute, pause, leave.")),
    "decision": (_("Decision"), _("What was decided, and why this and nothing else.")),
    "dissent": (_("Dissent"), _("Who saw it otherwise, and why; or that nobody did.")),
    "mitigations": (_("Measures"), _("What is done about the risk that is left, by whom, until when.")),
    "metrics": (_("How we shall know"), _("What is counted, how often, and what number would reopen the question.")),
    "remedy": (_("Remedy"), _("How somebody harmed is heard, and what can be put right.")),
    "publication": (_("What is published"), _("The summary for everybody. It endangers nobody.")),
    "withheld": (_("What is withheld, and why"), _("What the public does not read, each with its reason.")),
    "advice": (_("Counsel's advice"), _("Mark it as privileged: it has a key of its own and is never exported.")),
    "laws": (_("Laws"), _("Codes of the instruments, or the beginning of several, with spaces between.")),
    "quotes": (_("Passages that were consented to"), _("Taken from a consultation, each with the consent to it.")),
    "privileged": (_("Privileged parts"), _("Which parts only counsel reads.")),
}

SOURCES: Mapping[str, Promise] = {
    "ungp-17": _("Due diligence looks for harm to people, acts on what it finds, tracks it and tells; it never ends."),
    "ungp-18": _("Draw on people who know, inside and outside, and speak with those who could be harmed."),
    "ungp-19": _("Give the finding an owner and a budget; what you must do depends on how you are tied to the harm."),
    "ungp-20": _("Track whether the answer works, by numbers and by what those affected say."),
    "ungp-21": _("Tell enough that others can judge your answer, and nothing that puts somebody in danger."),
    "ungp-22": _("Where you caused harm, help to put it right; keep a way open to be heard that people can trust."),
    "ungp-23": _("Where the law of a country stands against rights, honour them as far as you can, and show how."),
    "ungp-24": _("When not all can be done at once, begin with the gravest: how bad, how many, how hard to undo."),
    "gni": _("Assess before you enter or leave a market and when its law changes; read demands narrowly; challenge."),
    "telecom": _("Think of the safety and the liberty of your staff before a demand reaches them."),
    "rdr-g4a": _("Assess what governments' laws and policies do to expression and privacy, and say that you do."),
}

STATES: Mapping[str, Promise] = {
    "open": _("open"),
    "met": _("met"),
    "waived": _("waived"),
}

HISTORY: Mapping[str, Promise] = {
    "begun": _("An assessment began"),
    "approved": _("The assessment was approved"),
    "prolonged": _("The date of review was put off"),
    "waived": _("Lifting without an assessment was allowed"),
    "condition-met": _("A condition was found met"),
    "condition-waived": _("A condition was waived"),
    "condition-open": _("A condition is open again"),
}
