"""What an agency gets: a BagIt bag in one ZIP, written as a stream. Knows nothing of Django or of requests."""

from abeyance.release.packaging.contents import (
    Contents,
    CopiedTable,
    CopySource,
    Custody,
    CustodyAct,
    CustodyStep,
    Letter,
    PackedFile,
    Role,
    TextInForce,
    TextKind,
    Written,
)
from abeyance.release.packaging.flow import Flow
from abeyance.release.packaging.opening import Checked, check_package
from abeyance.release.packaging.writing import write_package

__all__ = [
    "Checked",
    "Contents",
    "CopiedTable",
    "CopySource",
    "Custody",
    "CustodyAct",
    "CustodyStep",
    "Flow",
    "Letter",
    "PackedFile",
    "Role",
    "TextInForce",
    "TextKind",
    "Written",
    "check_package",
    "write_package",
]
