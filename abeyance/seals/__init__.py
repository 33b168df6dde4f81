"""All cryptography of Abeyance. What other rooms use is here; `docs/keys.md` says who holds which key.

`seal`, `seal_file`, `new_case_key` and `erase` need no secret and work while the desk is locked. Whatever opens
something goes through the key holder, and raises `errors.Locked` when it is locked or cannot be reached.
"""

from abeyance.seals.cases import LEDGER, HolderKey, NewKey, asking_key, erase, new_case_key, seal, seal_many
from abeyance.seals.files import open_package, seal_and_read, seal_file, unseal_file
from abeyance.seals.opening import digest, digests_for_lookup, unseal, unseal_many
from abeyance.seals.segments import FileSeal

__all__ = [
    "LEDGER",
    "FileSeal",
    "HolderKey",
    "NewKey",
    "asking_key",
    "digest",
    "digests_for_lookup",
    "erase",
    "new_case_key",
    "open_package",
    "seal",
    "seal_and_read",
    "seal_file",
    "seal_many",
    "unseal",
    "unseal_file",
    "unseal_many",
]
