"""A pause that is being written: its authors see it, it binds nobody, its preview says what it would do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from abeyance.errors import BadInput, NotFound
from abeyance.ledger.models import Entry
from abeyance.pauses import actions, drafts, preview
from abeyance.pauses.models import Draft, PauseRow
from abeyance.policy import reading
from abeyance.release import links
from abeyance.rules.instruments import Exposed, parse_law
from abeyance.rules.permissions import Role
from tests.casefile.packed import hand_over, sealed, stated
from tests.desk import Desk
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller

DOCUMENT = {
    "name": "HK-2020-07",
    "jurisdictions": ["HK"],
    "review_by": "2036-10-06",
    "reason": "A new law.",
    "statement": "We pause.",
}


def test_a_draft_is_its_authors_and_holds_nothing(desk: Desk) -> None:
    other = member_with(Role.APPROVER)
    before = Entry.objects.count()
    kept = drafts.save({"name": "HK"}, by=desk.first, now=desk.now())
    with pytest.raises(BadInput):
        drafts.read(kept.document)
    for act in (
        lambda: drafts.find(kept.code, by=other.code),
        lambda: drafts.save(DOCUMENT, by=other.code, now=desk.now(), code=kept.code),
        lambda: drafts.declare(kept.code, by=other.code, now=desk.now()),
        lambda: drafts.discard(kept.code, by=other.code, now=desk.now()),
    ):
        with pytest.raises(NotFound):
            act()
    drafts.save(DOCUMENT, by=desk.first, now=desk.now(), code=kept.code, authors=[other.handle])
    assert drafts.find(kept.code, by=other.code).document == DOCUMENT
    assert (Entry.objects.count(), PauseRow.objects.count()) == (before, 0)
    drafts.declare(kept.code, by=other.code, now=desk.now())
    assert not Draft.objects.exists()
    assert PauseRow.objects.get().authors == sorted([desk.first, other.code])


def test_a_key_that_no_pause_has_is_refused_at_once_and_dates_of_toml_are_kept(desk: Desk) -> None:
    with pytest.raises(BadInput, match="no key 'colour'"):
        drafts.save({"colour": "red"}, by=desk.first, now=desk.now())
    said = tomllib.loads("starts = 2036-07-07T00:00:00+08:00\nreview_by = 2036-10-06")
    kept = drafts.save(DOCUMENT | said, by=desk.first, now=desk.now())
    assert drafts.read(kept.document).starts_at is not None


def test_a_preview_says_what_is_packed_which_links_stop_and_whom_a_penalty_would_meet(desk: Desk) -> None:
    package = sealed(desk)
    links.make(package.key, to=desk.cast.fingerprint, by=desk.second, now=desk.now())
    seen = preview.preview(stated(), reader=desk.first, now=desk.now())
    assert (seen.packages, seen.links) == (1, 1)
    assert seen.by_outcome == {"narrow": 1} or seen.by_outcome == {"proceed": 1}
    assert {each.penalty.meets for each in seen.exposures} == {Exposed.FIRM, Exposed.STAFF}
    assert not any(each.checked for each in seen.exposures)
    elsewhere = preview.preview(stated(jurisdictions=["US"]), reader=desk.first, now=desk.now())
    assert (elsewhere.packages, elsewhere.links, elsewhere.exposures) == (0, 0, ())
    hand_over(desk, package)
    assert len(preview.preview(stated(), reader=desk.first, now=desk.now()).in_flight) == 1


def test_a_pause_that_rests_on_the_cited_law_alone_is_warned_of(desk: Desk) -> None:
    desk.confirmed()
    desk.confirmed(instrument="hk-pdpo58")
    alone = preview.preview(stated(jurisdictions=[], laws=["hk-nsl43"]), reader=desk.first, now=desk.now())
    assert alone.elsewhere == (("hk-pdpo58", 1),)
    assert "rests on the law that is cited alone" in alone.warnings[0]
    both = preview.preview(stated(laws=["hk-nsl43"]), reader=desk.first, now=desk.now())
    assert both.elsewhere == (("hk-pdpo58", 1),)
    assert "1 request(s) in a year" in both.warnings[0]
    assert preview.preview(stated(), reader=desk.first, now=desk.now()).warnings == ()


def test_a_penalty_names_whom_it_meets_and_nothing_that_is_not_known() -> None:
    path = Path(reading.__file__).parent / "data" / "law" / "hk.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    threatened = [penalty for entry in parse_law(content).entries for penalty in entry.penalties]
    assert {each.meets for each in threatened} == {Exposed.FIRM, Exposed.STAFF}
    content["entry"][0]["penalty"][0]["meets"] = "everybody"
    with pytest.raises(ValueError, match="none of: firm, staff"):
        parse_law(content)


def test_drafts_by_api_and_their_declaration(desk: Desk) -> None:
    api, other = Caller(desk, "first"), Caller(desk, "second")
    code = api.post("/pauses/drafts", {"document": DOCUMENT}).json()["draft"]
    assert other.get(f"/pauses/drafts/{code}").status_code == 404
    assert other.get("/pauses/drafts").json() == []
    assert api.put(f"/pauses/drafts/{code}", {"document": DOCUMENT | {"services": ["quill"]}}).status_code == 200
    assert api.get(f"/pauses/drafts/{code}/preview").json()["covers"] == 0
    told = api.post(f"/pauses/drafts/{code}/declare").json()
    assert told["confirm_by"] > told["declared"]
    assert api.get("/pauses/drafts").json() == []
    assert other.post(f"/proposals/{told['confirmation']}/agree").status_code == 200
    assert api.get("/pauses").json()[0]["confirmed"] is True
    assert api.post("/pauses/HK-2020-07/confirm").status_code == 409
    desk.ready_to_lift("HK-2020-07")
    said = {"closing_statement": "It is done.", "outcome": "standing-refusal"}
    proposal = api.post("/pauses/HK-2020-07/lift", said).json()["proposal"]
    assert other.post(f"/proposals/{proposal}/agree").status_code == 200
    assert [each["name"] for each in api.get("/pauses").json()] == ["HK-2020-07-REFUSED"]


def test_a_plan_is_on_no_page_answer_or_figure_of_anybody_else(desk: Desk) -> None:
    plan = stated(name="HK-SECRET", starts="2036-01-01T00:00:00Z", hold_release_meanwhile=True)
    actions.declare(plan, by=desk.first, now=desk.now())
    ref = sealed(desk).case.ref
    other, api = signed_in(desk.second), Caller(desk, "second")
    pages = (
        "/",
        "/pauses/",
        "/proposals/",
        "/requests/",
        f"/requests/{ref}/",
        "/emergency/",
        "/ledger/",
        "/operation/",
    )
    told = "".join(other.get(path).content.decode() for path in pages)
    told += "".join(api.get(path).content.decode() for path in ("/pauses?also_ended=true", "/proposals", "/requests"))
    assert "HK-SECRET" not in told
    assert "a decision that is not announced yet" in told
    assert other.get("/pauses/HK-SECRET/").status_code == 404
    assert api.get("/pauses/HK-SECRET").status_code == 404
    mine = signed_in(desk.first)
    assert "HK-SECRET" in mine.get("/pauses/").content.decode()
    assert "Only its authors see this" in mine.get("/pauses/HK-SECRET/").content.decode()


def test_amending_begins_with_the_axes_as_they_are_and_not_with_the_moment_of_the_declaration(desk: Desk) -> None:
    actions.declare(stated(), by=desk.first, now=desk.now())
    page = signed_in(desk.first)
    form = page.get("/pauses/HK-2020-07/amend/").content.decode()
    assert 'name="since" value=""' in form
    assert "those that arrived since" not in page.get("/pauses/HK-2020-07/").content.decode()
