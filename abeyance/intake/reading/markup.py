"""HTML to text. Nothing is loaded or drawn; what a reader would not see is left out, and that is said."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "object",
        "svg",
        "math",
        "iframe",
        "select",
        "textarea",
    ]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "pre",
        "blockquote",
        "section",
        "article",
        "header",
        "footer",
        "address",
        "dt",
        "dd",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_UNSEEN = re.compile(
    r"display:none|visibility:hidden|font-size:0(?![.\d])|opacity:0(?![.\d])|mso-hide:all|max-height:0"
)
_REMOTE = ("http:", "https:", "//", "cid:")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.open: list[tuple[str, bool]] = []  # tag, and whether it opened something unseen
        self.unseen = 0
        self.hidden_text = False
        self.remote = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: (value or "") for name, value in attrs[:50]}
        if tag in ("img", "link", "iframe") and said.get("src", said.get("href", "")).lower().startswith(_REMOTE[:3]):
            self.remote = True
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("  ")
        if tag in _VOID or len(self.open) > 5000:
            return
        unseen = tag in _SILENT or _is_unseen(said)
        self.open.append((tag, unseen))
        self.unseen += unseen

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        # Only a short look back: wrongly nested pages must not cost more than they are long.
        for back in range(1, min(len(self.open), 50) + 1):
            if self.open[-back][0] == tag:
                self.unseen -= sum(unseen for _, unseen in self.open[-back:])
                del self.open[-back:]
                return

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(data)
        elif data.strip() and not any(tag in _SILENT for tag, _ in self.open[-20:]):
            self.hidden_text = True


def _is_unseen(said: dict[str, str]) -> bool:
    style = said.get("style", "")[:2000].lower().replace(" ", "")
    return "hidden" in said or bool(_UNSEEN.search(style))


def text_and_marks(markup: str) -> tuple[str, tuple[str, ...]]:
    parser = _Text()
    parser.feed(markup)
    parser.close()
    found = (("hidden text left out", parser.hidden_text), ("remote content not loaded", parser.remote))
    return _tidy("".join(parser.pieces)), tuple(mark for mark, is_so in found if is_so)


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
