"""Why jobs fail, in a sentence for whoever has to decide whether to try again."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import Error
from django.utils import timezone

log = logging.getLogger(__name__)

SENTENCES = {
    "Locked": "The desk was locked, and what is sealed could not be opened. Unlock it; the job is then tried again.",
    "Refused": "The gate refused it: a pause holds the request, or a fact has changed. Look at the request first.",
    "NotFound": "What it was about is not there any more. Trying again will not help.",
    "OperationalError": "The database did not answer. Try again when it does.",
    "ConnectionRefusedError": "The other server refused the connection. Look whether it runs, and at the settings.",
    "gaierror": "The name of the other server could not be resolved. Look at the settings and the network.",
    "TimeoutError": "The other server did not answer in time. Try again later.",
    "SMTPAuthenticationError": "The mail server did not accept our name and password. Look at mail_user.",
    "SMTPServerDisconnected": "The mail server ended the connection. Try again later.",
    "SMTPRecipientsRefused": "The mail server does not take mail for this address. Look at the directory.",
    "KeyError": "Nothing here does such a job any more: it is of another version of this program.",
    "OSError": "A file or a connection failed. The doctor says whether the disk is full.",
}


def note(job: int | None, problem: BaseException) -> None:
    """Never a reason to fail again: a database that is away cannot be told so."""
    if job is None:
        return
    from abeyance.outbox.models import Trouble  # the room is imported before Django's models may be

    try:
        Trouble.objects.update_or_create(job=job, defaults={"kind": type(problem).__name__[:64], "at": timezone.now()})
    except Error as error:
        log.warning("why job %s failed could not be noted: %s", job, type(error).__name__)


def kinds_of(jobs: Iterable[int]) -> dict[int, str]:
    from abeyance.outbox.models import Trouble

    return dict(Trouble.objects.filter(job__in=list(jobs)).values_list("job", "kind"))


def sentence(kind: str | None) -> str:
    if kind is None:
        return "Nothing was noted about why. The worker's log says where it stopped."
    return SENTENCES.get(kind, f"An error of the kind {kind}. The worker's log says where it stopped.")
