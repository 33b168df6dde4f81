"""Uploads are sealed as they arrive. Django's own handler would write anything large to disk in the clear.

The file's key exists in memory only until `keep` seals it to a case. What is not kept, because the request failed or
the process was killed, leaves a file that nobody can open; `remove_leftovers` takes it away.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from abeyance.errors import BadInput
from abeyance.seals import cases, disk, files, hpke
from abeyance.seals.segments import FileSeal, SegmentWriter, read_segments

LEFT_OVER_AFTER = 24 * 3600.0


def folder() -> Path:
    """On the same file system as the documents, so that keeping one is a rename."""
    made = Path(settings.ABEYANCE_HOME) / "documents" / "arriving"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def remove_leftovers() -> int:
    """What crashed requests left more than a day ago."""
    before = time.time() - LEFT_OVER_AFTER
    found = [path for path in folder().glob(".*.part") if path.stat().st_mtime < before]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


class Arriving:
    """One file on its way in: sealed on disk, its key in memory."""

    def __init__(self, most: int) -> None:
        self._key = os.urandom(hpke.KEY_BYTES)
        self.path = files.partial(folder() / "upload")
        self.file: BinaryIO = disk.open_new(self.path)
        self._writer = SegmentWriter(self.file, self._key)
        self._most, self.too_large = most, False

    def write(self, chunk: bytes) -> None:
        """Beyond the limit nothing is written, but the size goes on, so that the answer can name it."""
        self.too_large = self.too_large or self._writer.size + len(chunk) > self._most
        if not self.too_large:
            self._writer.write(chunk)

    def finish(self) -> FileSeal:
        made = self._writer.finish()
        self.file.flush()
        return made

    def plain(self) -> Iterator[bytes]:
        with self.path.open("rb") as source:
            yield from read_segments(source, self._key)

    def keep(self, holder: str, place: str, target: Path) -> None:
        head = files.sealed_header(cases.public_key(holder), self._key, holder, place)
        files.put_in_place(self.file, self.path, target, head)
        self.file.close()

    def discard(self) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)


class SealedUpload(UploadedFile):  # type: ignore[type-arg]  # Django has no such argument at run time
    """What a view finds in `request.FILES`. Reading it gives the plain text; nothing plain is on disk."""

    def __init__(self, arriving: Arriving, size: int, name: str | None, content_type: str | None) -> None:
        self.seal = arriving.finish()
        self._arriving = arriving
        self.too_large = arriving.too_large
        super().__init__(cast(Any, io.BufferedReader(_Plain(arriving))), name, content_type, size, None)

    def keep(self, holder: str, target: Path, *, place: str) -> FileSeal:
        """Seal the file's key to `holder` and put it into place, durable. A file beyond the limit is refused."""
        if self.too_large:
            raise BadInput(f"{self.name} is larger than {settings.ABEYANCE.intake_max_bytes} bytes.")
        self._arriving.keep(holder, place, target)
        return self.seal

    def close(self) -> None:
        super().close()
        self._arriving.discard()


class _Plain(io.RawIOBase):
    def __init__(self, arriving: Arriving) -> None:
        self._arriving = arriving
        self._pieces, self._left, self._at = arriving.plain(), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Only back to the beginning, which is all that Django asks for."""
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("only seek(0)")
        self._pieces, self._left, self._at = self._arriving.plain(), memoryview(b""), 0
        return 0

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left, self._at = self._left[taken:], self._at + taken
        return taken


class SealingUploadHandler(FileUploadHandler):
    """For FILE_UPLOAD_HANDLERS, alone there."""

    chunk_size = 2**18
    _arriving: Arriving | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._arriving = Arriving(int(settings.ABEYANCE.intake_max_bytes))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._arriving is not None:
            self._arriving.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:  # type: ignore[type-arg]
        arriving, self._arriving = self._arriving, None
        return SealedUpload(arriving, file_size, self.file_name, self.content_type) if arriving else None

    def upload_interrupted(self) -> None:
        if self._arriving is not None:
            self._arriving.discard()
            self._arriving = None
