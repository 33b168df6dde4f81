"""`abeyance backup`, `restore` and `upgrade`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.site import home
from abeyance.site.keeping import backing_up, manifest, putting_back, shelf, upgrading


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write database, log, documents and packages into a folder; never the keys and the settings"
    backup = sub.add_parser("backup", help=text, description=f"{text.capitalize()}.")
    backup.add_argument("folder", nargs="?", type=Path, help="a new folder; without it, one in the home's backups")
    backup.add_argument("--check", type=Path, metavar="FOLDER", help="only look whether a backup is what was written")
    backup.add_argument("--list", action="store_true", help="the backups in the home's own folder")
    backup.set_defaults(run=run_backup, upkeep=False, needs_home=False)

    text = "put a backup into a new home, under a hold over everything"
    restore = sub.add_parser("restore", help=text, description=f"{text.capitalize()}.")
    restore.add_argument("folder", nargs="?", type=Path, help="the backup")
    restore.add_argument("--keys", type=Path, metavar="FOLDER", help="your copy of the folder keys")
    restore.add_argument(
        "--in-place", action="store_true", help="the database was put back by other means: hold everything, void links"
    )
    restore.set_defaults(run=run_restore, upkeep=False, needs_home=False)

    text = "move the embedded database to the PostgreSQL at hand, after a backup"
    upgrade = sub.add_parser("upgrade", help=text, description=f"{text.capitalize()}.")
    upgrade.add_argument("--check", action="store_true", help="only say what would be done")
    upgrade.add_argument("--rewrite", action="store_true", help="write the data anew even where it could stay")
    upgrade.set_defaults(run=run_upgrade, upkeep=False, needs_home=False)


def run_backup(args: argparse.Namespace) -> Answer:
    if args.check:
        return _check(args.check)
    if args.list:
        found = shelf.listed(home.enter())
        lines = [f"{each.name}  {each.made_at}  {each.size} bytes  {each.digest}" for each in found]
        return Answer([asdict(each) for each in found], "\n".join(lines) or "No backup lies in the home's folder.")
    made = backing_up.back_up(home.enter(), args.folder)
    document = {"folder": str(made.folder), "digest": made.digest, "files": made.files, "bytes": made.size}
    text = (
        f"{made.files} files, {made.size} bytes, are in {made.folder}.\n"
        f"Digest of its list: {made.digest}. Note it down elsewhere.\n"
        "The key ring is not among them: abeyance keys where says what to copy, and where not to.\n"
        "Nor are the settings, which may hold passwords: keep abeyance.toml with your copy of the key ring."
    )
    return Answer(document, text)


def _check(folder: Path) -> Answer:
    found, digest = manifest.read(folder)
    problems = manifest.differences(found, folder)
    document = {"digest": digest, "made_at": found.made_at, "files": len(found.files), "differences": problems}
    verdict = "It is what was written." if not problems else "It is NOT what was written:"
    text = "\n".join([f"A backup of {found.made_at}, digest {digest}. {verdict}", *problems])
    return Answer(document, text, code=1 if problems else 0)


def run_restore(args: argparse.Namespace) -> Answer:
    if args.in_place == bool(args.folder):
        raise BadInput("Give the folder of a backup, or --in-place.")
    more = secret = ""
    if args.in_place:
        home.enter()
        pause = putting_back.hold("The database of this desk was put back from a copy.")
    else:
        pause = putting_back.put_back(args.folder, args.keys)
        more = putting_back.missing_settings(args.folder)
        secret = putting_back.missing_secret(args.keys)
    text = "\n".join(filter(None, [putting_back.NEXT.format(pause=pause), more, secret]))
    return Answer({"pause": pause, "home": str(home.here().path), "settings": more or None}, text)


def run_upgrade(args: argparse.Namespace) -> Answer:
    place = home.enter()
    if home.is_outside():
        raise BadInput("The database of this desk is an outside server: upgrade it there.")
    step = upgrading.planned(place, rewrite=args.rewrite)
    document = {"before": step.before, "after": step.after, "rewrites": step.rewrites, "done": False}
    if not step.is_needed:
        return Answer(document, f"The database is PostgreSQL {step.after} already; there is nothing to do.")
    if args.check:
        how = "written anew" if step.rewrites else "kept as it is"
        return Answer(document, f"From PostgreSQL {step.before} to {step.after}; the data would be {how}.")
    made = upgrading.upgrade(place, step)
    text = f"The database is PostgreSQL {step.after} now. A backup from before is in {made.folder}."
    return Answer(document | {"done": True, "backup": str(made.folder)}, text)
