"""A letter as PDF. The template never changes; what a letter says goes in as data and is never read as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC
from functools import cache
from importlib import util
from pathlib import Path

import typst

from abeyance.answer.letters.layout import lay
from abeyance.answer.letters.letter import Letter
from abeyance.errors import Unsafe

TEMPLATE = Path(__file__).parent / "letter.typ"
FONTS = ("fontpkg_noto_sans", "cvttf_NotoSansCJK_Regular")


def pdf(letter: Letter) -> bytes:
    """The same letter gives the same bytes. Nothing but the template and the fonts is read."""
    return _compiled(letter, "pdf")


def png(letter: Letter) -> list[bytes]:
    """Its pages as pictures, to be looked at."""
    made = _compiled(letter, "png")
    return made if isinstance(made, list) else [made]


def _compiled(letter: Letter, form: str) -> bytes:
    said = asdict(lay(letter))
    moment = letter.date.astimezone(UTC)
    inputs = {
        "letter": json.dumps(said, ensure_ascii=False),
        "language": "zh" if letter.language == "zh-Hant" else "en",
        "date": moment.strftime("%Y-%m-%d"),
    }
    try:
        return typst.compile(
            TEMPLATE.read_bytes(),
            format=form,
            sys_inputs=inputs,
            font_paths=[str(folder) for folder in _fonts()],
            ignore_system_fonts=True,
            timestamp=int(moment.timestamp()),
        )
    except RuntimeError as problem:
        raise Unsafe(f"The letter could not be set: {str(problem)[:200]}.") from None


@cache
def _fonts() -> tuple[Path, ...]:
    """Found without importing: only their files are wanted."""
    found = []
    for package in FONTS:
        spec = util.find_spec(package)
        if spec is None or spec.origin is None:
            raise Unsafe(f"The fonts of the letters are missing ({package}): run `make env`.")
        found.append(Path(spec.origin).parent)
    return tuple(found)
