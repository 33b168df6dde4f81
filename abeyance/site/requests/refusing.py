"""Letters that the worker gives to the mail server."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

from django.conf import settings

from abeyance.answer import refusals
from abeyance.answer.models import RefusalLine
from abeyance.casefile import facts as casefacts
from abeyance.outbox.registry import task
from abeyance.people.directory import queries as directory
from abeyance.release import posting


@task("pages.send_refusal")
def send_refusal(line: int) -> None:
    """To an address of the directory, in words alone; where there is none, or no mail, a person prints it."""
    row = RefusalLine.objects.select_related("case", "batch").get(pk=line)
    agency = casefacts.newest_demand(row.case).agency
    addresses = sorted(directory.addresses(agency)) if agency else []
    if row.sent_at is not None or not addresses or not settings.ABEYANCE.mail_host:
        return
    message = EmailMessage()
    message["To"], message["Subject"] = addresses[0], row.case.ref
    message.set_content(refusals.letter_of(row))
    posting.send(message, message_id=f"<refusal-{row.batch.key}-{row.pk}@abeyance>")
    RefusalLine.objects.filter(pk=row.pk).update(sent_at=datetime.now(UTC))
