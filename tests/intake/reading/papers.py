"""Papers for the tests: letters set as PDF, mails, archives; all people and cases in them are invented."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import typst

_FONTS = [
    str(folder)
    for name in ("cvttf_NotoSansCJK_Regular", "fontpkg_noto_sans", "cvttf", "fontpkg")
    for folder in Path(typst.__file__).parents[1].glob(f"{name}*")
    if folder.is_dir()
]


@cache
def pdf(*pages: str) -> bytes:
    """Each line of a page is a line of the PDF."""
    set_pages = "\n#pagebreak()\n".join(_set(page) for page in pages)
    source = f'#set page(margin: 1cm)\n#set text(size: 9pt, font: ("Noto Sans", "Noto Sans CJK TC"))\n{set_pages}'
    return bytes(typst.compile(source.encode(), font_paths=_FONTS))


def _set(page: str) -> str:
    lines = (line.replace("\\", "\\\\").replace('"', '\\"') for line in page.strip().split("\n"))
    return " \\\n".join(f'#"{line or " "}"' for line in lines)


def mail(body: str, *, sender: str = "Det. Ada Poe <ada.poe@police.example>", subject: str = "Request") -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "legal@host.example"
    message["Subject"] = subject
    message["Message-ID"] = "<1@police.example>"
    message["Date"] = "Mon, 06 Jul 2020 10:00:00 +0800"
    message.set_content(body)
    return message


def attached(message: EmailMessage, data: bytes, name: str, kind: str = "application/octet-stream") -> EmailMessage:
    main, sub = kind.split("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


def archive(**members: bytes) -> bytes:
    return archive_of(members)


def archive_of(members: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return written.getvalue()


def word(text: str) -> bytes:
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n"))
    body = f'<?xml version="1.0"?><w:document xmlns:w="http://w.example"><w:body>{paragraphs}</w:body></w:document>'
    return archive_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": body.encode()})


HONG_KONG = """香港警務處國家安全處
檔案編號：NSD/2020/0715
日期：2020年7月15日
致：服務供應商
根據《中華人民共和國香港特別行政區維護國家安全法》第四十三條實施細則附表4，
現要求貴公司於2020年7月22日前提供下列用戶的登記資料及登入紀錄：
目標帳戶：
siu.ming@mail.example
電話：+852 9123 4567
用戶名稱：siuming_2020
@siuming:matrix.example
2020年7月1日 20時30分(香港時間) 203.0.113.7
資料期間：2020年6月1日至2020年7月1日
貴公司不得向用戶披露本要求。
聯絡人：陳大文督察
電郵：nsd-officer@police.gov.hk
電話：+852 2860 2000"""

GERMAN = """Polizeipräsidium Musterstadt
Kriminalpolizei
Sachbearbeiterin: KHK'in Erika Beispiel
Telefon: +49 30 4664 12345
E-Mail: erika.beispiel@polizei.musterstadt.de
Aktenzeichen: 12 Js 3456/20
Auskunftsersuchen gemäß § 100j StPO
Sehr geehrte Damen und Herren,
in dem Ermittlungsverfahren gegen Unbekannt wird um Auskunft über die Bestandsdaten zu dem Konto
tatverdacht@mail.example gebeten. Der Nutzer verwendete die IP-Adresse 198.51.100.23 am 06.07.2020 14:30:00 Uhr MESZ.
Rufnummer: 0151 23456789
Zeitraum vom 01.06.2020 bis zum 01.07.2020
Bitte antworten Sie bis zum 20.07.2020. Verkehrsdaten werden nicht angefordert.
Der Betroffene ist nicht zu benachrichtigen.
Mit freundlichen Grüßen
Erika Beispiel
Tel.: +49 30 4664 12345"""

UNITED_STATES = """UNITED STATES DISTRICT COURT
FOR THE NORTHERN DISTRICT OF CALIFORNIA
Case No. 3:20-mc-80123-LB
ORDER PURSUANT TO 18 U.S.C. § 2703(d)
The provider shall, within ten (10) days, disclose to the Federal Bureau of Investigation
subscriber information and transactional records, not including the contents of
communications, for the accounts listed in Attachment A, for the period June 1, 2020 through July 1, 2020.
Pursuant to 18 U.S.C. § 2705(b), the provider shall not notify any person of this order.
Please send the records to Special Agent Joan Roe at joan.roe@fbi.gov, (202) 555-0143.
Attachment A
account-one@mail.example
Username: redfox77
User ID: 100012345678
2001:db8::7 2020-06-30 23:59:59 UTC"""

EMERGENCY = """EMERGENCY DISCLOSURE REQUEST
Springfield Police Department
18 U.S.C. § 2702(b)(8): there is imminent danger of death or serious physical injury.
A child is missing since 2020-07-06. Please answer within 2 hours.
Account: +1 415 555 2671, user @lost_child
Detective Sam Vimes, phone +1 202 555 0188"""

EPOC = """EUROPEAN PRODUCTION ORDER CERTIFICATE (EPOC)
for the production of electronic evidence, Regulation (EU) 2023/1543 on European Production Orders
and European Preservation Orders
Issuing State: Germany
Issuing authority: Amtsgericht Musterstadt
File number: 5 Gs 123/26
Deadline: 10 days
Data requested: traffic data, from 2026-08-20 to 2026-09-01
Identifiers:
user.epoc@mail.example"""
