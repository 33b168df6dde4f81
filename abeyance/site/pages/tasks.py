"""Jobs of the desk itself."""

from __future__ import annotations

from abeyance.site.keeping.asked import back_up
from abeyance.site.requests.asking import ask_again, say_lapsed
from abeyance.site.requests.refusing import send_refusal

__all__ = ["ask_again", "back_up", "say_lapsed", "send_refusal"]
