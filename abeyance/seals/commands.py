"""`abeyance keys`: the key holder's state, opening and closing it, the erasure run, where the keys come from."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from abeyance.console import Answer
from abeyance.errors import BadInput, Locked
from abeyance.seals import client, keyring
from abeyance.seals.keyring import Source
from abeyance.seals.public import ring_path

KEEP_DIGESTS_DAYS = 366
MOST_TYPED = 4000


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = sub.add_parser("keys", help="the key holder: lock, unlock, erasure run, where the keys come from")
    verbs = keys.add_subparsers(dest="verb", required=True)
    _verb(verbs, "status", "is the desk locked, and what should be put right", status)
    _verb(verbs, "where", "which files hold the keys, and what a copy of each gives away", where)
    _verb(verbs, "lock", "forget the keys; receiving goes on", lock)
    unlocking = _verb(verbs, "unlock", "open the key ring", unlock)
    _secret_options(unlocking, "--passphrase-file", "the passphrase")
    _secret_options(unlocking, "--share-file", "one custodian's share")
    turning = _verb(verbs, "rotate", "the erasure run: make final what was erased", rotate)
    turning.add_argument("--keep-digests-days", type=int, default=KEEP_DIGESTS_DAYS, help="how long look-backs work")
    turning.add_argument("--give-up", action="store_true", help="go on although some keys are broken; they are lost")
    sharing = _verb(verbs, "shares", "give the root key to custodians: printed once, kept nowhere", shares)
    sharing.add_argument("--threshold", type=int, required=True, help="how many of them open it")
    sharing.add_argument("--of", type=int, required=True, help="how many there are")
    phrase = _verb(verbs, "passphrase", "open the key ring with a passphrase from now on", passphrase)
    _secret_options(phrase, "--passphrase-file", "the new passphrase")


def _verb(verbs: Any, name: str, what: str, run: Any) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(name, help=what, description=what)
    made.set_defaults(run=run)
    return made


def _secret_options(parser: argparse.ArgumentParser, option: str, what: str) -> None:
    parser.add_argument(option, type=Path, help=f"a file with {what}; without it, it is asked for")


def status(_: argparse.Namespace) -> Answer:
    home = Path(settings.ABEYANCE_HOME)
    file = keyring.read(home)
    if not client.is_running(home) and keyring.source_of(file) is not Source.TRIAL:
        said = {"running": False, "locked": True, "source": keyring.source_of(file).value}
        return Answer({**said, "warnings": keyring.warnings(home)}, "The key holder is not running.")
    found = {"running": True, **client.status()}
    return Answer(found, _status_text(found))


def _status_text(found: dict[str, Any]) -> str:
    lines = [f"The desk is {'locked' if found['locked'] else 'unlocked'}; its root key comes from: {found['source']}."]
    if found["shares_given"]:
        lines.append(f"{len(found['shares_given'])} of {found['shares_needed']} shares are given.")
    if found["erasure_run_unfinished"]:
        lines.append("An erasure run is unfinished; the key holder goes on with it while unlocked.")
    return "\n".join([*lines, *([found["trouble"]] if found["trouble"] else []), *found["warnings"]])


def where(_: argparse.Namespace) -> Answer:
    home = Path(settings.ABEYANCE_HOME)
    source = keyring.source_of(keyring.read(home))
    found = [(str(ring_path(home)), "the key ring, sealed under the root key: keep one copy, apart from backups")]
    found += [(str(path), "the cases that live, sealed under the key ring") for path in keyring.survivor_files(home)]
    if source is Source.TRIAL:
        found.append((str(keyring.folder(home) / keyring.TRIAL_FILE), "opens the key ring: for trying it out only"))
    secret = home / "secrets" / "desk-secret"
    found.append((str(secret), "opens members' one-time codes and alarm addresses: copy it into the same folder"))
    days = settings.ABEYANCE.key_copies_days
    last = f"No backup holds these. A copy of them that is older than {days} days must be destroyed, or erasure is not."
    document = {"files": [{"path": path, "what": what} for path, what in found], "key_copies_days": days}
    return Answer(document, "\n".join([*(f"{path}: {what}" for path, what in found), last]))


def lock(_: argparse.Namespace) -> Answer:
    found = client.lock()
    return Answer(found, "The desk is locked. What arrives is still received and sealed.")


def unlock(args: argparse.Namespace) -> Answer:
    source = keyring.source_of(keyring.read(Path(settings.ABEYANCE_HOME)))
    if source is Source.SHARES:
        found = client.unlock(share=_secret(args.share_file, "A custodian's share: "))
    elif source is Source.PASSPHRASE:
        found = client.unlock(passphrase=_secret(args.passphrase_file, "Passphrase: "))
    else:
        found = client.unlock()
    return Answer(found, _status_text(found), code=1 if found["locked"] and not found["shares_given"] else 0)


def rotate(args: argparse.Namespace) -> Answer:
    done = client.rotate(keep_digests_days=args.keep_digests_days, give_up=args.give_up)
    days = settings.ABEYANCE.key_copies_days
    text = (
        f"Done: {done['survivors']} keys live on under generation {done['generation']}; what was erased before "
        f"this run opens with nothing that this desk has. Destroy older copies of the key ring within {days} days."
    )
    return Answer(done, text)


def shares(args: argparse.Namespace) -> Answer:
    made = client.to_shares(args.threshold, args.of)
    text = "\n".join(
        [*made, f"Give each to one custodian. Any {args.threshold} of them open the desk; none is kept here."]
    )
    return Answer({"shares": made, "threshold": args.threshold}, text)


def passphrase(args: argparse.Namespace) -> Answer:
    words = _secret(args.passphrase_file, "New passphrase: ")
    if args.passphrase_file is None and words != _secret(None, "The same again: "):
        raise BadInput("The two are not the same; nothing was changed.")
    found = client.to_passphrase(words)
    return Answer(found, "The key ring opens with this passphrase from now on. Nobody can recover it.")


def _secret(path: Path | None, prompt: str) -> str:
    if path is None:
        return _typed(prompt)
    try:
        with path.open() as file:
            return file.read(MOST_TYPED).strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} cannot be read.") from None


def _typed(prompt: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(MOST_TYPED).strip("\r\n")
    try:
        return getpass.getpass(prompt)
    except (EOFError, KeyboardInterrupt):
        raise Locked("Nothing was given, nothing was changed.") from None
