"""Sign-ins for trying it out: a home whose keys lie beside its data gets accounts that are printed when it starts.

A home that people use never does: there each member makes their own (`first`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from abeyance.errors import NotFound

FILE = "sign-ins.json"
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "juniper", "kelp", "larch")


@dataclass(frozen=True)
class SignIn:
    name: str
    password: str
    secret: str  # of the one-time codes, base32

    def code(self, at: float | None = None) -> str:
        """RFC 6238: HMAC-SHA-1, 30 seconds, six digits."""
        counter = struct.pack(">Q", int((at or time.time()) // 30))
        mark = hmac.new(base64.b32decode(self.secret), counter, hashlib.sha1).digest()
        start = mark[-1] & 15
        return f"{(struct.unpack('>I', mark[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def make(folder: Path) -> list[SignIn]:
    """For each member who has none yet; harmless to repeat."""
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import generate_totp_secret
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from abeyance.people.models import Member
    from abeyance.site.signin.models import Account

    made = known(folder)
    for member in Member.objects.filter(active=True, account=None).order_by("pk"):
        password = "-".join(secrets.choice(WORDS) for _word in range(4)) + f"-{secrets.randbelow(90) + 10}"
        found = SignIn(member.handle, password, generate_totp_secret())
        account = Account.objects.create(
            member=member, name=member.handle, made_at=timezone.now(), password=make_password(password)
        )
        data = {"secret": get_adapter().encrypt(found.secret)}
        Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data=data)
        made.append(found)
    _write(folder, made)
    return made


def known(folder: Path) -> list[SignIn]:
    try:
        return [SignIn(**each) for each in json.loads((folder / FILE).read_text())]
    except FileNotFoundError:
        return []


def of(folder: Path, name: str) -> SignIn:
    found = next((each for each in known(folder) if each.name == name), None)
    if found is None:
        raise NotFound("Only a home for trying it out has such sign-ins, and none of that name.")
    return found


def _write(folder: Path, made: list[SignIn]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.{os.getpid()}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump([vars(each) for each in made], file, indent=1)
    fresh.replace(folder / FILE)
