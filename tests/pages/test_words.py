"""What templates write in place of values."""

from __future__ import annotations

import pytest
from django.utils import translation

from abeyance.site.pages.templatetags import words


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("It is <b>.", "It is &lt;b&gt;."),
        (
            "None. `abeyance request list` shows yours.",
            'None. <a href="/requests/">Requests</a> shows yours.',
        ),
        (
            "Name it first (abeyance agency add).",
            'Name it first (<a href="/agencies/">Agencies</a>).',
        ),
        (
            "Another agrees: abeyance proposal agree P-1.",
            'Another agrees: <a href="/proposals/">Proposals</a>.',
        ),
        ("Start it once (abeyance keys unlock).", "Start it once (<code>abeyance keys unlock</code>)."),
        (
            "There is no `abeyance pause '<i>'`.",
            'There is no <a href="/pauses/">Pauses</a>.',
        ),
    ],
)
def test_a_command_in_a_sentence_leads_to_the_page_where_it_is_done(
    sentence: str, written: str, settings: object
) -> None:
    settings.ROOT_URLCONF = "abeyance.site.desk_urls"  # type: ignore[attr-defined]
    with translation.override("en"):
        assert words.led(sentence) == written


@pytest.mark.parametrize("command", words.DONE_AT)
def test_every_page_that_a_command_leads_to_is_there(command: str, settings: object) -> None:
    settings.ROOT_URLCONF = "abeyance.site.desk_urls"  # type: ignore[attr-defined]
    assert 'href="/' in words.led(f"`abeyance {command} list`")
