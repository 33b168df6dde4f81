"""RTF to text: the words, without pictures, objects, styles and hidden runs. One pass, no recursion."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}]+)", re.DOTALL)
_ASIDE = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "pict",
        "object",
        "objdata",
        "themedata",
        "datastore",
        "listtable",
        "listoverridetable",
        "generator",
        "rsidtbl",
        "filetbl",
        "xmlnstbl",
        "fldinst",
        "latentstyles",
        "pgptbl",
    ]
)
_SIGNS = {"par": "\n", "line": "\n", "row": "\n", "cell": "  ", "tab": "\t", "page": "\n", "emdash": "—", "endash": "–",
          "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•"}  # fmt: skip


@dataclass(frozen=True)
class _Group:
    aside: bool = False
    fallback: int = 1  # how many characters follow a \\u for programs that cannot show it


class _Rtf:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.pending = bytearray()
        self.codepage = "cp1252"
        self.groups = [_Group()]
        self.skip = 0
        self.hidden = False

    def word(self, word: str, number: int | None) -> None:
        group = self.groups[-1]
        if word in _ASIDE:
            self.groups[-1] = replace(group, aside=True)
        elif word == "v" and number != 0:
            self.hidden, self.groups[-1] = True, replace(group, aside=True)
        elif word == "ansicpg" and number in (437, 850, 874, 932, 936, 949, 950, *range(1250, 1259)):
            self.codepage = f"cp{number}"
        elif word == "uc":
            self.groups[-1] = replace(group, fallback=max(0, min(number or 0, 8)))
        elif word == "u" and number is not None:
            code = number & 0xFFFF
            self.say("\ufffd" if 0xD800 <= code < 0xE000 else chr(code))
            self.skip = group.fallback
        elif word in _SIGNS:
            self.say(_SIGNS[word])

    def byte(self, value: int) -> None:
        if self.skip:
            self.skip -= 1
        elif not self.groups[-1].aside:
            self.pending.append(value)

    def say(self, text: str) -> None:
        if self.skip and text.strip("\n"):
            text, self.skip = text[self.skip :], max(0, self.skip - len(text))
        if not self.groups[-1].aside:
            self.flush()
            self.pieces.append(text)

    def flush(self) -> None:
        if self.pending:
            self.pieces.append(self.pending.decode(self.codepage, "replace"))
            self.pending.clear()

    def brace(self, brace: str) -> None:
        self.skip = 0
        if brace == "{" and len(self.groups) < 2000:
            self.groups.append(self.groups[-1])
        elif brace == "}" and len(self.groups) > 1:
            self.groups.pop()


def text_and_marks(data: bytes) -> tuple[str, tuple[str, ...]]:
    rtf = _Rtf()
    for token in _TOKEN.finditer(data.decode("latin-1")):
        word, number, code, sign, brace, plain = token.groups()
        if word:
            rtf.word(word, int(number) if number else None)
        elif code:
            rtf.byte(int(code, 16))
        elif sign == "*":
            rtf.groups[-1] = replace(rtf.groups[-1], aside=True)
        elif sign:
            rtf.say({"~": " ", "\n": "\n", "\r": "\n", "_": "-", "-": ""}.get(sign, sign))
        elif brace:
            rtf.brace(brace)
        elif plain:
            rtf.say(plain.replace("\r", "").replace("\n", ""))
    rtf.flush()
    return "".join(rtf.pieces), ("hidden text left out",) if rtf.hidden else ()
