"""Jobs of the desk itself."""

from __future__ import annotations

from abeyance.site.keeping.asked import back_up

__all__ = ["back_up"]
