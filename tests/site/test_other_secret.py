"""A desk whose own secret is not the one under which codes and addresses were sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from abeyance.errors import Unsafe
from abeyance.people.models import Member
from abeyance.site import boxes
from abeyance.site.doctor import house
from abeyance.site.home import FOLDERS, Home
from abeyance.site.keeping import putting_back
from tests.desk import Desk
from tests.pages.people import account_of


def test_no_code_is_right_nothing_breaks_and_doctor_says_so(desk: Desk, settings: Any) -> None:
    account = account_of(Member.objects.get(code=desk.first))
    row = account.authenticator_set.get()
    assert get_adapter().decrypt(row.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert not list(house.factors(desk.first))
    sealed, settings.SECRET_KEY = boxes.seal(b"x", "a"), "another secret of this desk"
    with pytest.raises(Unsafe, match="desk-secret"):
        boxes.open_(b"x", sealed)
    (finding,) = house.factors(desk.first)
    assert "of 1 member(s)" in finding.sentence
    guesses = {format_hotp_value(hotp_value(secret, 0)) for secret in ("", "JBSWY3DPEHPK3PXP")}
    assert not any(TOTP(row).validate_code(code) for code in guesses)


def test_the_desks_secret_comes_with_the_keys_or_its_absence_is_said(tmp_path: Path) -> None:
    copy, place = tmp_path / "copy", Home(tmp_path / "home")
    copy.mkdir()
    for folder in FOLDERS:
        (place.path / folder).mkdir(parents=True)
    (copy / "ring").write_bytes(b"a ring")
    assert "begin anew" in putting_back.missing_secret(copy)
    (copy / "desk-secret").write_text("the old one")
    assert putting_back.missing_secret(copy) == ""
    putting_back._take_keys(place, copy)
    place.make_secrets()
    assert place.secret("desk-secret") == "the old one"
    assert not (place.path / "keys" / "desk-secret").exists()
