"""Dates, names, charsets and domains by themselves."""

from __future__ import annotations

import pytest

from abeyance.intake.reading.charsets import text_of
from abeyance.intake.reading.domains import looks_like
from abeyance.intake.reading.names import shown
from abeyance.intake.reading.suggest.dates import dates_in


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-07-06T12:30:00Z", "2020-07-06T12:30:00Z"),
        ("2020-07-06 12:30:00 +08:00", "2020-07-06T04:30:00Z"),
        ("July 6, 2020 at 8:30 p.m. EDT", "2020-07-07T00:30:00Z"),
        ("6 July 2020, 14:30 UTC+2", "2020-07-06T12:30:00Z"),
        ("06.07.2020 um 14:30 Uhr MESZ", "2020-07-06T12:30:00Z"),
        ("1er juillet 2020", "2020-07-01"),
        ("3. März 2020", "2020-03-03"),
        ("2020年7月6日20時30分(香港時間)", "2020-07-06T12:30:00Z"),
        ("2020年7月6日下午8時", "2020-07-06T20:00:00"),
        ("二零二零年七月二十一日", "2020-07-21"),
        ("2020-07-06 12:30:00", "2020-07-06T12:30:00"),
        ("13/07/2020", "2020-07-13"),
    ],
)
def test_dates_are_read_as_they_are_written(text, moment):
    assert [found.moment() for found in dates_in(text)] == [moment]


def test_an_ambiguous_date_needs_a_country():
    assert list(dates_in("06/07/2020")) == []
    assert [found.moment() for found in dates_in("06/07/2020", day_first=True)] == ["2020-07-06"]
    assert [found.moment() for found in dates_in("06/07/2020", day_first=False)] == ["2020-06-07"]
    assert list(dates_in("2020-13-45 and 99.99.2020")) == []


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("police.gov.hk", None),
        ("mail.police.gov.hk", None),
        ("po1ice.gov.hk", "police.gov.hk"),
        ("polce.gov.hk", "police.gov.hk"),
        ("рolice.gov.hk", "police.gov.hk"),
        ("xn--olice-3ve.gov.hk", "police.gov.hk"),
        ("police.gov.hk.evil.example", "police.gov.hk"),
        ("police-gov-hk.example", "police.gov.hk"),
        ("westpolice.example", None),
        ("fbi.gov", None),
        ("rnetpolice.uk", "metpolice.uk"),
        ("metpolice.com", "metpolice.uk"),
        ("example.org", None),
        ("", None),
    ],
)
def test_look_alike_domains_are_named(domain, known):
    assert looks_like(domain, ["police.gov.hk", "metpolice.uk", "fbi.gov"]) == known


def test_names_and_charsets_never_fail():
    assert shown("../..", "file") == "file"
    assert shown("a" * 500 + ".pdf", "file").endswith("….pdf")
    assert text_of("國家".encode("big5"), "no-such") != ""
    assert text_of("Müller".encode("latin-1")) == "Müller"
    assert text_of("用户的资料和登录记录".encode("gb18030")) == "用户的资料和登录记录"
    assert text_of(b"x", "zlib_codec") == "x"
