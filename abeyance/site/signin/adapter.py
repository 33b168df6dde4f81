"""What allauth is told: nobody signs up, nobody sends mail, and an address is remembered only roughly."""

from __future__ import annotations

import base64
import ipaddress
import os
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from abeyance.errors import Unsafe
from abeyance.site import boxes

PURPOSE = b"abeyance one-time codes"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Accounts have no address: what must be told to a member is told by the desk."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The network only, enough to slow down guessing and to tell a session at home from one abroad."""
        return network_of(super().get_client_ip(request))


def network_of(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "192.0.2.0"
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False).network_address)


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of one-time codes are kept under the desk's secret, and a copy of the database alone opens none."""

    def encrypt(self, text: str) -> str:
        return boxes.seal(PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        """Under another desk's secret no code is right; `doctor` says so, and two members let one begin anew."""
        try:
            return boxes.open_(PURPOSE, encrypted_text)
        except Unsafe:
            return base64.b32encode(os.urandom(20)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": "Abeyance desk"}
