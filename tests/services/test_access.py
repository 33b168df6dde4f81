"""Which roles a connector reads with, and what `abeyance service grants` prints."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from abeyance.errors import BadInput, Unsafe
from abeyance.rules.maptables import MapLookup
from abeyance.rules.services import DataMap
from abeyance.rules.terms import IdentifierKind
from abeyance.services.postgres import access, grants
from abeyance.services.postgres.access import Access
from abeyance.services.postgres.connecting import connected
from abeyance.services.postgres.relations import Relations
from abeyance.services.queries import Way
from tests.services.conftest import Provider


def look(provider: Provider) -> Access:
    with connected(provider.reader) as connection:
        return access.look_at(connection, provider.held, Relations())


def test_the_printed_grants_are_enough_and_nothing_more(provider: Provider) -> None:
    assert look(provider) == Access((), (), ())
    with psycopg.connect(provider.reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT password_hash FROM mailboxes")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("GRANT SELECT (password_hash) ON mailboxes TO {}", "can read secrets (mailboxes.password_hash)"),
        ("GRANT SELECT ON mailboxes TO {}", "can read secrets (mailboxes.password_hash)"),
        ("GRANT INSERT ON logins TO {}", "can write (public.logins)"),
        ("GRANT UPDATE (address) ON logins TO {}", "can write (public.logins)"),
        ("GRANT TRUNCATE ON logins TO {}", "can write (public.logins)"),
        ("GRANT CREATE ON SCHEMA public TO {}", "can make tables (in the schema public)"),
        ("ALTER ROLE {} CREATEDB", "may make databases"),
        ("CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO {}", "can write (public.numbers)"),
        ("CREATE TABLE vault (session_token text); GRANT SELECT ON vault TO PUBLIC", "(vault.session_token)"),
        ("CREATE SCHEMA own AUTHORIZATION CURRENT_USER; GRANT CREATE, USAGE ON SCHEMA own TO {}", "the schema own"),
    ],
)
def test_a_role_that_could_do_harm_is_refused_whoever_gave_it_the_right(
    provider: Provider, harm: str, said: str
) -> None:
    with Way(provider.held, "postgres", provider.reader).opened():
        pass
    provider.run(harm.format(provider.role))
    assert any(said in danger for danger in look(provider).dangers)
    with pytest.raises(Unsafe, match="does not start"), Way(provider.held, "postgres", provider.reader).opened():
        pass


def test_a_role_in_another_role_is_refused(provider: Provider) -> None:
    other = f"{provider.role}_group"
    provider.run(f"CREATE ROLE {other}; GRANT {other} TO {provider.role}")
    try:
        assert look(provider).dangers == (f"belongs to other roles ({other})",)
    finally:
        provider.run(f"DROP ROLE {other}")


def test_what_is_missing_and_what_is_beyond_is_named(provider: Provider) -> None:
    provider.run(f"REVOKE SELECT (at) ON logins FROM {provider.role}")
    provider.run(f"GRANT SELECT (body) ON mails TO {provider.role}")
    assert look(provider) == Access((), ("logins.at",), ("mails.body",))
    with pytest.raises(Unsafe, match=r"may not read logins\.at"):  # noqa: SIM117
        with Way(provider.held, "postgres", provider.reader).opened():
            pass


def test_running_the_grants_again_narrows(provider: Provider) -> None:
    narrower = replace(provider.held, tables=provider.held.tables[:1])
    assert look(provider).fit
    provider.grant(narrower)
    assert "logins.address" in look(provider).missing


def test_a_role_has_a_plain_name_and_a_map_without_tables_has_no_grants(provider: Provider) -> None:
    assert "GRANT SELECT" in grants.script(provider.held, Relations(), role="somebody")
    with pytest.raises(BadInput, match="cannot be the name"):
        grants.script(provider.held, Relations(), role='x"; DROP TABLE mails; --')
    empty: DataMap = replace(provider.held, tables=(), lookups=())
    with pytest.raises(BadInput, match="lists no tables"):
        grants.script(empty, Relations())
    lookup = MapLookup(IdentifierKind.EMAIL, "mailboxes", "address", "id", False, False)
    assert "logins" not in grants.script(replace(empty, lookups=(lookup,)), Relations())
