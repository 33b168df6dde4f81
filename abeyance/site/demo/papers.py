"""The papers of the story: a mail with an order as PDF, and shorter mails. Every name in them is invented."""

from __future__ import annotations

import json
from email.message import EmailMessage
from importlib import util
from pathlib import Path

import typst

from abeyance.answer.letters.page import FONTS
from abeyance.errors import Unsafe

ORDER = """\
#set page(paper: "a4", margin: 25mm)
#set text(font: ("Noto Sans", "Noto Sans CJK TC"), size: 11pt)
#for line in json(bytes(sys.inputs.lines)) { par[#line] }
"""
LINES = (
    "Harbour Police, Cyber Crime Section (invented)",
    "ORDER TO FURNISH INFORMATION",
    "Implementation Rules for Article 43 of the National Security Law, Schedule 7",
    "Our reference: HP-2020-0611",
    "To: Quill Messenger (Hong Kong) Ltd.",
    "You are ordered to furnish subscriber information of the account with the telephone number +852 9123 4567:",
    "the number, the recovery e-mail address, the time of registration and the address last used.",
    "The information is to be furnished by 20 July 2026 to requests@harbour-police.example.",
    "You must not disclose this order to the account holder.",
    "Issued by a magistrate (invented).",
)


def order_mail(path: Path) -> Path:
    """The mail with which the story begins."""
    message = _mail("HP-2020-0611", "Please see the attached order. Subscriber data of +852 9123 4567 is needed.\n")
    message.add_attachment(_pdf(LINES), maintype="application", subtype="pdf", filename="order.pdf")
    return _written(message, path)


def short_mail(path: Path, reference: str, text: str) -> Path:
    return _written(_mail(reference, text), path)


def _mail(reference: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Inspector Example <requests@harbour-police.example>"
    message["To"] = "legal@quill.example"
    message["Subject"] = f"Request for user data, {reference}"
    message["Message-ID"] = f"<{reference}@harbour-police.example>"
    message.set_content(text)
    return message


def _written(message: EmailMessage, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.as_bytes())
    return path


def _pdf(lines: tuple[str, ...]) -> bytes:
    fonts = [str(Path(spec.origin).parent) for name in FONTS if (spec := util.find_spec(name)) and spec.origin]
    if not fonts:
        raise Unsafe("The fonts are missing: run `make env`.")
    # The stubs want the fonts' folders to be of the type of the source, which the library does not.
    made: bytes = typst.compile(  # type: ignore[call-overload]
        ORDER.encode(),
        format="pdf",
        sys_inputs={"lines": json.dumps(lines)},
        font_paths=fonts,
        ignore_system_fonts=True,
    )
    return made
