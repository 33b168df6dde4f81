"""Word (.docx) and other XML to text. Whatever declares an entity or a document type is refused: that way lie bombs."""

from __future__ import annotations

from xml.parsers import expat

DEEPEST = 200


class RefusedXmlError(ValueError):
    """The XML declares entities or nests without end."""


def _refuse(*_: object) -> None:
    raise RefusedXmlError("entity or document type declared")


class _Listener:
    """Collects text; what a tag means is for the two below."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise RefusedXmlError("nested too deep")
        self.opened(name.rpartition(":")[2], attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.closed(name.rpartition(":")[2])

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """A tag begins."""

    def closed(self, name: str) -> None:
        """A tag ends."""

    def said(self, text: str) -> None:
        self.pieces.append(text)


class _Word(_Listener):
    """Text runs by paragraph; hidden runs are left out, deleted text has another tag and never counts."""

    def __init__(self) -> None:
        super().__init__()
        self.in_text = self.run_hidden = self.hidden = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "r":
            self.run_hidden = False
        elif name == "vanish" and attributes.get("w:val", "1") not in ("0", "false"):
            self.run_hidden = True
        elif name in ("tab", "br", "cr"):
            self.pieces.append("\t" if name == "tab" else "\n")
        self.in_text = name == "t"

    def closed(self, name: str) -> None:
        self.in_text = False
        if name in ("p", "tr"):
            self.pieces.append("\n")

    def said(self, text: str) -> None:
        if self.in_text and self.run_hidden:
            self.hidden = True
        elif self.in_text:
            self.pieces.append(text)


class _Form(_Listener):
    """Any XML form as lines "Name: value", so that a person can read it and a pattern can find it."""

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.pieces.append(f"\n{name}: ")

    def closed(self, name: str) -> None:
        self.pieces.append("\n")


def _parse(data: bytes, listener: _Listener) -> str:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = listener.start
    parser.EndElementHandler = listener.end
    parser.CharacterDataHandler = listener.said
    parser.Parse(data, True)
    return "".join(listener.pieces)


def word_text(document: bytes) -> tuple[str, tuple[str, ...]]:
    listener = _Word()
    text = _parse(document, listener)
    return text, ("hidden text left out",) if listener.hidden else ()


def form_text(data: bytes) -> str:
    lines = (" ".join(line.split()) for line in _parse(data, _Form()).split("\n"))
    return "\n".join(line for line in lines if line and not line.endswith(":"))
