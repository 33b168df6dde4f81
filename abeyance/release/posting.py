"""Giving a message to the mail server: once it may have been taken, it counts as gone."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate

from django.conf import settings

from abeyance.errors import AbeyanceError, Unsafe

SECONDS = 60


class Ambiguous(AbeyanceError):
    """The connection was lost when the message may have been taken already; it counts as gone."""


def send(message: EmailMessage, *, message_id: str) -> None:
    """At least once: a repeated attempt has the same Message-ID. Raises Unsafe when nothing can have left."""
    options = settings.ABEYANCE
    if not options.mail_host or not options.mail_from:
        raise Unsafe(
            "No mail server is set (mail_host, mail_from), so nothing was sent. Hand the package over as a file."
        )
    message["From"], message["Message-ID"], message["Date"] = options.mail_from, message_id, formatdate(usegmt=True)
    try:
        server = _connected()
    except (OSError, smtplib.SMTPException) as problem:
        raise Unsafe(f"The mail server {options.mail_host} cannot be used: {type(problem).__name__}.") from None
    try:
        server.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as problem:
        raise Unsafe(f"The mail server refused the message: {type(problem).__name__}.") from None
    except (OSError, smtplib.SMTPException) as problem:
        raise Ambiguous(f"The connection to the mail server was lost ({type(problem).__name__}).") from None
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected() -> smtplib.SMTP:
    options = settings.ABEYANCE
    context = ssl.create_default_context()
    if options.mail_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(options.mail_host, options.mail_port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(options.mail_host, options.mail_port, timeout=SECONDS)
        if options.mail_security == "starttls":
            server.starttls(context=context)
    if options.mail_user:
        server.login(options.mail_user, options.mail_password)
    return server
