"""What changed, in words: values, lists, and what is no change."""

from __future__ import annotations

from abeyance.rules.differences import between


def test_only_what_changed_is_told_in_words() -> None:
    before = {"country": "HK", "law": "a", "fields": ["email", "name"], "secrecy": False, "deadline": None, "same": 1}
    after = {"country": "US", "law": "a", "fields": ["name", "telephone"], "secrecy": True, "deadline": "", "same": 1}
    assert [change.sentence for change in between(before, after)] == [
        "country: HK, now US",
        "fields: now also telephone; no longer email",
        "secrecy: no, now yes",
    ]


def test_what_is_new_or_gone_is_told_as_such() -> None:
    found = between({"old": "x", "many": ["a"]}, {"new": "y"})
    assert [(each.name, each.before, each.after, each.gone) for each in found] == [
        ("new", None, "y", ()),
        ("old", "x", None, ()),
        ("many", None, None, ("a",)),
    ]
    assert between({"a": ["2", "1"]}, {"a": ["1", "2"]}) == ()
