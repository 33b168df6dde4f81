"""Whoever is shut out for a journey is out of every browser."""

from __future__ import annotations

from allauth.usersessions.models import UserSession

from abeyance.people.travel import on_shutting


@on_shutting
def end_sessions(member: str) -> None:
    """The account counts for nobody from now on; the rows go as well, so that none is found on a stolen disk."""
    for session in UserSession.objects.filter(user__member__code=member):
        session.end()
