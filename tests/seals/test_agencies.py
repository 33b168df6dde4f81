from __future__ import annotations

import io
import os
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyrage
import pysequoia
import pytest

from abeyance.errors import BadInput
from abeyance.seals.agencies import check_agency_key, seal_for_agency

MIB = 2**20


class Agency:
    """Holds the private half, as an agency would."""

    def __init__(self) -> None:
        self.pgp_secrets = pysequoia.Tsk.generate("Agency <desk@agency.example>")
        self.certificate = self.pgp_secrets.extract_certificate()
        self.pgp = str(self.certificate)
        self.age_private = pyrage.x25519.Identity.generate()
        self.age = str(self.age_private.to_public())

    def opens(self, kind: str, sealed: bytes) -> bytes:
        if kind == "age":
            return pyrage.decrypt(sealed, [self.age_private])
        opened = pysequoia.decrypt(sealed, self.pgp_secrets.decryptor()).bytes
        assert opened is not None
        return opened


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency()


def key_of(agency: Agency, kind: str) -> str:
    return agency.age if kind == "age" else agency.pgp


@pytest.mark.parametrize("kind", ["age", "openpgp"])
@pytest.mark.parametrize("chunks", [[], [b""], [b"a"], [b"a" * 100_000, b"", b"b" * 3 * MIB, b"c"]])
def test_the_agency_opens_what_was_sealed_to_it(agency: Agency, kind: str, chunks: list[bytes]) -> None:
    target = io.BytesIO()
    seal_for_agency(kind, key_of(agency, kind), iter(chunks), target)  # type: ignore[arg-type]
    assert agency.opens(kind, target.getvalue()) == b"".join(chunks)


@pytest.mark.parametrize("kind", ["age", "openpgp"])
def test_a_stream_that_was_cut_is_no_whole_message(agency: Agency, kind: str) -> None:
    class Paused(Exception):
        pass

    def cut() -> Iterator[bytes]:
        yield os.urandom(3 * MIB)
        raise Paused

    target = io.BytesIO()
    with pytest.raises(Paused):
        seal_for_agency(kind, key_of(agency, kind), cut(), target)  # type: ignore[arg-type]
    with pytest.raises(Exception):  # noqa: B017, PT011 - each library has its own
        agency.opens(kind, target.getvalue())


@pytest.mark.parametrize("kind", ["age", "openpgp"])
def test_a_target_that_fails_is_told(agency: Agency, kind: str) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises((OSError, pyrage.EncryptError)):
        seal_for_agency(kind, key_of(agency, kind), [b"x" * 10 * MIB], Full())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["age", "openpgp"])
def test_memory_does_not_grow_with_the_package(agency: Agency, kind: str) -> None:
    class Nowhere(io.RawIOBase):
        def write(self, data: object) -> int:
            return len(data)  # type: ignore[arg-type]

    piece = bytes(MIB)
    seal_for_agency(kind, key_of(agency, kind), (piece for _ in range(8)), Nowhere())  # type: ignore[arg-type]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seal_for_agency(kind, key_of(agency, kind), (piece for _ in range(100)), Nowhere())  # type: ignore[arg-type]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


def test_fingerprints_are_stable(agency: Agency) -> None:
    assert check_agency_key("openpgp", agency.pgp) == agency.certificate.fingerprint
    assert check_agency_key("age", f"# the desk\n  {agency.age}\n") == check_agency_key("age", agency.age)
    assert len(check_agency_key("age", agency.age)) == 64


def test_a_private_key_pasted_by_mistake_is_refused(agency: Agency) -> None:
    relabelled = str(agency.pgp_secrets).replace("PRIVATE KEY", "PUBLIC KEY")
    for kind, text in [("age", str(agency.age_private)), ("openpgp", str(agency.pgp_secrets)), ("openpgp", relabelled)]:
        with pytest.raises(BadInput, match="private key"):
            check_agency_key(kind, text)  # type: ignore[arg-type]


def test_an_expired_or_revoked_key_is_refused(agency: Agency) -> None:
    certifier = agency.pgp_secrets.certifier()
    expired = agency.certificate.set_expiration(datetime.now(UTC) + timedelta(seconds=1), certifier)
    revoked = pysequoia.Cert.from_bytes(bytes(agency.certificate) + bytes(agency.certificate.revoke(certifier)))
    assert check_agency_key("openpgp", agency.pgp)
    with pytest.raises(BadInput, match="revoked"):
        check_agency_key("openpgp", str(revoked))
    time.sleep(2.1)
    with pytest.raises(BadInput, match="expired"):
        check_agency_key("openpgp", str(expired))


@pytest.mark.parametrize(
    "text", ["", "x", "age1", "age1" + "q" * 58, "-----BEGIN PGP PUBLIC KEY BLOCK-----", "\0" * 50]
)
@pytest.mark.parametrize("kind", ["age", "openpgp"])
def test_what_is_no_key_is_refused(kind: str, text: str) -> None:
    with pytest.raises(BadInput):
        check_agency_key(kind, text)  # type: ignore[arg-type]


def test_several_keys_too_long_a_text_and_an_unknown_kind_are_refused(agency: Agency) -> None:
    other = Agency()
    for kind, text in [
        ("age", f"{agency.age}\n{other.age}"),
        ("openpgp", agency.pgp + other.pgp),
        ("age", "x" * 300_000),
        ("pem", agency.age),
        ("age", agency.pgp),
        ("openpgp", agency.age),
    ]:
        with pytest.raises(BadInput):
            check_agency_key(kind, text)  # type: ignore[arg-type]
