"""A letter as PDF. The template never changes; what a letter says goes in as data and is never read as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import util
from pathlib import Path
from typing import Literal

import typst

from abeyance.answer.letters.foreign import plain
from abeyance.answer.letters.layout import lay
from abeyance.answer.letters.letter import Letter
from abeyance.errors import Unsafe

TEMPLATE = Path(__file__).parent / "letter.typ"
FORM = Path(__file__).parent / "form.typ"
LONGEST_LINE, MOST_LINES = 4_000, 2_000
FONTS = ("fontpkg_noto_sans", "cvttf_NotoSansCJK_Regular")


def pdf(letter: Letter) -> bytes:
    """The same letter gives the same bytes. Nothing but the template and the fonts is read."""
    return b"".join(_compiled(letter, "pdf"))


def png(letter: Letter) -> list[bytes]:
    """Its pages as pictures, to be looked at."""
    return _compiled(letter, "png")


def text_as_pdf(text: str, at: datetime) -> bytes:
    """A text with headings ("# ...") and lines, such as a formal step."""
    lines = [plain(line, LONGEST_LINE) for line in text.splitlines()[:MOST_LINES]]
    parts = [["heading", line[2:]] if line.startswith("# ") else ["line", line] for line in lines if line]
    return b"".join(_set(FORM, {"parts": json.dumps(parts, ensure_ascii=False)}, "pdf", at))


def _compiled(letter: Letter, form: Literal["pdf", "png"]) -> list[bytes]:
    inputs = {
        "letter": json.dumps(asdict(lay(letter)), ensure_ascii=False),
        "language": "zh" if letter.language == "zh-Hant" else "en",
    }
    return _set(TEMPLATE, inputs, form, letter.date)


def _set(template: Path, inputs: dict[str, str], form: Literal["pdf", "png"], at: datetime) -> list[bytes]:
    try:
        made = typst.compile(
            template,
            format=form,
            root=template.parent,
            sys_inputs=inputs,
            font_paths=_fonts(),
            timestamp=int(at.astimezone(UTC).timestamp()),
        )
    except RuntimeError as problem:
        raise Unsafe(f"The letter could not be set: {str(problem)[:200]}.") from None
    return made if isinstance(made, list) else [made or b""]


@cache
def _fonts() -> typst.Fonts:
    """Ours alone, so that a letter looks the same on every machine; they are read once."""
    return typst.Fonts(include_system_fonts=False, font_paths=[_folder_of(package) for package in FONTS])


def _folder_of(package: str) -> Path:
    """Found without importing: only the files are wanted."""
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Unsafe(f"The fonts of the letters are missing ({package}): run `make env`.")
    return Path(spec.origin).parent
