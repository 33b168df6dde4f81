"""Letters that go to an authority by themselves. They confirm and deny nothing, and go to the addresses of the
directory alone, never to one from a request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

from django.conf import settings

from abeyance import outbox
from abeyance.casefile import facts as casefacts
from abeyance.pauses.models import Reconfirmation
from abeyance.people.directory import queries as directory
from abeyance.release import posting
from abeyance.site.requests import letters


@outbox.task("pages.ask_again")
def ask_again(reconfirmation: int) -> None:
    """Asks for officer, order, offence and need; without an address or a mail server somebody writes by hand."""
    row = Reconfirmation.objects.select_related("case").filter(pk=reconfirmation).first()
    if row is None or row.told_at is not None or row.confirmed_epoch is not None or row.case.closed_at is not None:
        return
    if _send(row, "reconfirm"):
        Reconfirmation.objects.filter(pk=row.pk).update(told_at=datetime.now(UTC))


@outbox.task("pages.say_lapsed")
def say_lapsed(reconfirmation: int) -> None:
    row = Reconfirmation.objects.select_related("case").filter(pk=reconfirmation).first()
    if row is not None and row.lapsed_at is not None and row.case.closing == "lapsed":
        _send(row, "lapsed")


def _send(row: Reconfirmation, kind: str) -> bool:
    demand = casefacts.newest_demand(row.case)
    addresses = sorted(directory.addresses(demand.agency)) if demand.agency else []
    if not addresses or not settings.ABEYANCE.mail_host:
        return False
    language = "zh-Hant" if demand.jurisdiction in letters.CHINESE else "en"
    written = letters.write(row.case, kind, language, now=datetime.now(UTC))
    message = EmailMessage()
    message["To"], message["Subject"] = addresses[0], row.case.ref
    message.set_content(written.text)
    message.add_attachment(written.pdf, maintype="application", subtype="pdf", filename=f"{row.case.ref}-{kind}.pdf")
    # Sent again it is the same message.
    posting.send(message, message_id=f"<{kind}-{row.pk}-{row.case.ref}@abeyance>")
    return True
