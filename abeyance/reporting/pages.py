"""The public document as files: pages in each language, feed, JSON, style. They need no server and no script, name no
address but what the operator wrote, and are the same bytes whoever renders them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import feedgenerator, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from abeyance.pauses import wording
from abeyance.reporting import drawing
from abeyance.rules.events import canonical
from abeyance.rules.pausefile import AXES

STYLE = Path(__file__).parent / "data" / "published.css"
MAIN_LANGUAGE = "en"
# Codes that the public reads as words; named here so that they are gathered for translation.
WORDS: tuple[str, ...] = (
    gettext_noop("hold"),
    gettext_noop("refuse"),
    gettext_noop("reroute"),
    gettext_noop("treat as"),
)
WORDS += (
    gettext_noop("review"),
    gettext_noop("answer"),
    gettext_noop("release"),
    gettext_noop("met"),
    gettext_noop("waived"),
)
WORDS += (gettext_noop("declared"), gettext_noop("amended"), gettext_noop("lifted"))
WORDS += (gettext_noop("paused"), gettext_noop("refused"), gettext_noop("rerouted"), gettext_noop("assessing"))
WORDS += (gettext_noop("answering"), gettext_noop("left"))


def files(said: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file of a publication but the list of them."""
    made = {"style.css": STYLE.read_bytes(), "pauses.json": _json(said), "feed.xml": _feed(said).encode()}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            made[file_of("index", code)] = _index(said, code).encode()
            for pause in said["pauses"]:
                made[file_of(pause["name"], code)] = _pause(said, pause, code).encode()
    return made


def file_of(name: str, code: str) -> str:
    return f"{name}.html" if code == MAIN_LANGUAGE else f"{name}.{code}.html"


def _index(said: Mapping[str, Any], code: str) -> str:
    in_force = [pause for pause in said["pauses"] if pause["in_force"]]
    countries: dict[str, int] = {}
    for pause in in_force:
        asking = {*pause["jurisdictions"], *(each.split("-")[0].upper() for each in pause["agencies"])}
        for country in asking | {*pause.get("related_to", ()), *pause["subjects"]}:
            countries[country] = countries.get(country, 0) + 1
    today = date.fromisoformat(said["numbers_of"])
    places = ", ".join(sorted(countries)) or _("none")
    held = _("Countries whose requests are held: %(places)s.") % {"places": places}
    return _page(
        "index",
        said,
        code,
        "index",
        in_force=in_force,
        pauses=[(pause, _whom(pause)) for pause in said["pauses"]],
        map=drawing.world(countries, _("Where requests are held"), held),
        line=drawing.time_line(
            said["pauses"], today, _("When requests were held"), _("Every pause, from its beginning to its end.")
        ),
    )


def _pause(said: Mapping[str, Any], pause: Mapping[str, Any], code: str) -> str:
    facts = wording.shown(pause)
    exceptions = [(each, wording.conditions_of(each)) for each in pause["exceptions"]]
    return _page("pause", said, code, pause["name"], pause=pause, facts=facts, exceptions=exceptions)


def _page(name: str, said: Mapping[str, Any], code: str, file: str, **more: Any) -> str:
    others = [(other, label, file_of(file, other)) for other, label in settings.LANGUAGES if other != code]
    shared = {"said": said, "code": code, "others": others, "home": file_of("index", code), "suffix": _suffix(code)}
    return render_to_string(f"public/{name}.html", shared | more)


def _whom(pause: Mapping[str, Any]) -> str:
    return ", ".join(value for axis in AXES for value in pause.get(axis, [])) or _("any")


def _suffix(code: str) -> str:
    return ".html" if code == MAIN_LANGUAGE else f".{code}.html"


def _json(said: Mapping[str, Any]) -> bytes:
    return (json.dumps(json.loads(canonical(said)), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _feed(said: Mapping[str, Any]) -> str:
    """Atom (RFC 4287). Entries are known by name, version and time, so that a mirror's feed is the same feed."""
    events = [(event["at"], pause["name"], event) for pause in said["pauses"] for event in pause["history"]]
    title = said["operator"] or "Pauses"
    feed = feedgenerator.Atom1Feed(title, "index.html", "", language=MAIN_LANGUAGE, feed_url="feed.xml")
    feed.feed["id"] = "urn:abeyance:pauses"
    for at, name, event in sorted(events, key=lambda each: str(each[0]), reverse=True)[:200]:
        moment = datetime.fromisoformat(str(at).replace("Z", "+00:00"))
        feed.add_item(
            title=f"{name}: {event['kind']}",
            link=f"{name}.html",
            description=str(event["statement"]),
            unique_id=f"urn:abeyance:pause:{name}:{event['version']}:{event['kind']}",
            pubdate=moment,
            updateddate=moment,
        )
    return feed.writeString("utf-8")
