"""Names from outside, made harmless to show. They are never used to open or write a file."""

from __future__ import annotations

import unicodedata

LONGEST = 120
WITHIN = " > "


def shown(name: str, otherwise: str) -> str:
    """The name without control characters, direction overrides, climbing path steps or our own separator."""
    # The sign ">" is ours: a name must not look like a path of attachments.
    steps = [_plain(step) for step in name[:4096].replace("\\", "/").replace(">", "_").split("/")]
    plain = "/".join(step for step in steps if step.strip(". "))
    return _shortened(plain) or otherwise


def one_line(text: str, longest: int = 500) -> str:
    """Any text from outside as one line that can be shown."""
    return " ".join(_plain(text[: longest * 4]).split())[:longest]


def _plain(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    return " ".join("".join(map(_harmless, normal)).split())


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs", "Co", "Cn"):
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[: LONGEST - 1] + "…"
    return f"{stem[: LONGEST - len(ending) - 2]}….{ending}"
