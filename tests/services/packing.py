"""Tables as they lie in a package: file name to content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime

from abeyance.release.packaging import Contents, Custody, Letter, write_package
from abeyance.rules.gathering import GatheredTable

CUSTODY = Custody("P-1", "R-1", (1,), datetime(2020, 8, 2, tzinfo=UTC))


def packed(tables: Iterable[GatheredTable]) -> dict[str, bytes]:
    target = io.BytesIO()
    write_package(target, Contents(CUSTODY, (Letter(b"", b""),), tables))
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
