"""What an agency gets: a BagIt bag in one ZIP, written as a stream. Knows nothing of Django or of requests."""

from abeyance.release.packaging.contents import (
    CopiedTable,
    CopySource,
    Custody,
    CustodyAct,
    CustodyStep,
    PackageSummary,
    PackedFile,
    Role,
)
from abeyance.release.packaging.flow import Flow
from abeyance.release.packaging.writing import write_package

__all__ = [
    "CopiedTable",
    "CopySource",
    "Custody",
    "CustodyAct",
    "CustodyStep",
    "Flow",
    "PackageSummary",
    "PackedFile",
    "Role",
    "write_package",
]
