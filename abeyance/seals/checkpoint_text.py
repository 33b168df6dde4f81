"""What the key holder signs: the text of a checkpoint of the log, and nothing else."""

from __future__ import annotations

import re

from abeyance.errors import BadInput

# C2SP tlog-checkpoint: origin, size, root hash, any further lines; the text that is signed ends with a newline.
CHECKPOINT = re.compile(rb"[^\n]{1,200}\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n([^\n]{1,500}\n){0,8}")


def refuse_strange_text(text: bytes) -> None:
    if len(text) > 5000 or CHECKPOINT.fullmatch(text) is None:
        raise BadInput("Only the text of a checkpoint is signed.")
