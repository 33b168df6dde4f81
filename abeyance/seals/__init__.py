"""All cryptography of Abeyance. What other rooms use is here; `docs/keys.md` says who holds which key.

`seal`, `seal_file`, `new_case_key` and `erase` need no secret and work while the desk is locked. Whatever opens
something goes through the key holder, and raises `errors.Locked` when it is locked or cannot be reached.
"""

from abeyance.seals.cases import LEDGER, erase, new_case_key, seal, seal_many

__all__ = ["LEDGER", "erase", "new_case_key", "seal", "seal_many"]
