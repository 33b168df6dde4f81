from __future__ import annotations

import io
import os
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.core.files.uploadhandler import FileUploadHandler
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory

from abeyance import seals
from abeyance.errors import BadInput
from abeyance.seals import uploads
from abeyance.seals.uploads import SealedUpload, SealingUploadHandler

MARK = b"planted-mark-4711"


@pytest.fixture(autouse=True)
def alone(settings: Any) -> None:
    settings.FILE_UPLOAD_HANDLERS = ["abeyance.seals.uploads.SealingUploadHandler"]


def posted(data: bytes, name: str = "order.pdf") -> HttpRequest:
    file = io.BytesIO(data)
    file.name = name
    return RequestFactory().post("/", {"file": file})


def upload_of(request: HttpRequest) -> SealedUpload:
    found = request.FILES["file"]
    assert isinstance(found, SealedUpload)
    return found


def on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_an_upload_is_sealed_on_disk_and_kept_for_its_case(keyholder: Popen[bytes], home: Path) -> None:
    plain = MARK * 200_000
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
    upload = upload_of(posted(plain))
    assert upload.name == "order.pdf"
    assert upload.size == len(plain)
    assert upload.read() == plain
    upload.seek(0)
    assert upload.read(20) == plain[:20]
    target = home / "documents" / "1"
    assert upload.keep("case:1", target, place="document:1").size == len(plain)
    upload.close()
    assert b"".join(seals.unseal_file("case:1", target, place="document:1")) == plain
    assert MARK not in on_disk(home)
    (home / "control").write_bytes(plain)
    assert MARK in on_disk(home)  # the search finds what is there
    assert not list(uploads.folder().iterdir())


def test_what_is_not_kept_is_gone(home: Path) -> None:
    upload = upload_of(posted(b"x" * 100))
    assert len(list(uploads.folder().iterdir())) == 1
    upload.close()
    assert not list(uploads.folder().iterdir())


def test_an_upload_beyond_the_limit_is_refused_by_name_and_not_stored(home: Path, settings: Any) -> None:
    class Small:
        intake_max_bytes = 1000

    settings.ABEYANCE = Small()
    fits, large = upload_of(posted(b"x" * 1000)), upload_of(posted(os.urandom(5 * 2**20), "big.pdf"))
    assert (fits.too_large, large.too_large) == (False, True)
    with pytest.raises(BadInput, match=r"big\.pdf is larger than 1000 bytes"):
        large.keep("case:1", home / "x", place="document:1")
    assert sum(path.stat().st_size for path in uploads.folder().iterdir()) < 4096
    fits.close()
    large.close()


def test_an_interrupted_upload_leaves_nothing(home: Path) -> None:
    handler: FileUploadHandler = SealingUploadHandler()
    handler.new_file("file", "a.pdf", "application/pdf", None)
    handler.receive_data_chunk(b"x" * 3_000_000, 0)
    assert len(list(uploads.folder().iterdir())) == 1
    handler.upload_interrupted()
    assert not list(uploads.folder().iterdir())


def test_leftovers_of_a_crash_are_removed_after_a_day(home: Path) -> None:
    old, young = (uploads.folder() / name for name in (".upload.1.part", ".upload.2.part"))
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert uploads.remove_leftovers() == 1
    assert not old.exists()
    assert young.exists()
