"""A backup into a new home. What was decided since the backup is not known here, so the desk begins under a hold over
everything, the links that were handed out are void, and the log signs nothing until it is shown the newest checkpoint
known outside, or begins a new origin. Two members lift the hold.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from abeyance.errors import BadInput, Unsafe
from abeyance.site import databases, home, options
from abeyance.site.home import Home
from abeyance.site.keeping import backing_up, dumping, manifest, renumbering

NEXT = (
    "Nothing leaves this desk until two members lift the pause {pause}. The log signs nothing until you show it the "
    "newest checkpoint known outside (abeyance ledger recognise FILE), or begin a new origin "
    "(abeyance ledger begin-origin NAME)."
)
SETTINGS = (
    "Settings are in no backup, since they may hold passwords. The desk that made this one had set: {names}. "
    "Put your copy into {file} before you serve."
)
DESKS_OWN = "desk-secret"
WITHOUT_IT = (
    "Your copy of the keys has no desk-secret, so members' one-time codes and alarm addresses do not open here: "
    "passkeys go on, and two members let the others begin anew."
)
LINKS = "UPDATE release_link SET void_at = clock_timestamp() WHERE void_at IS NULL AND confirmed_at IS NULL"


def put_back(folder: Path, keys: Path | None) -> str:
    """Returns the name of the pause that now holds everything."""
    found, _ = manifest.read(folder)
    if problems := manifest.differences(found, folder):
        raise Unsafe(f"The backup is not what was written: {' '.join(problems[:5])}")
    place = home.here()
    _refuse_used(place)
    place.make_folders()
    _take_keys(place, keys)
    place.restoring.write_text(found.made_at + "\n")
    place.make_secrets()
    _read_back(place, folder)
    home.make_current(place)
    pause = hold(f"This desk was restored from a backup of {found.made_at}.")
    home.write_secret(place.set_up, "restored")
    place.restoring.unlink()
    return pause


def missing_settings(folder: Path) -> str:
    """What to do about the settings of the desk that made this backup; empty where they are here already."""
    names = manifest.read(folder)[0].settings
    here = set(options.names_in_file(os.environ))
    if here.issuperset(filter(None, names.split(", "))):
        return ""
    return SETTINGS.format(names=names, file=home.here().path / options.CONFIG_NAME)


def missing_secret(keys: Path | None) -> str:
    """What a new secret of the desk means, where the old one did not come with the keys."""
    return "" if keys and (keys / DESKS_OWN).is_file() else WITHOUT_IT


def hold(reason: str) -> str:
    """Also for a database that was put back by other means."""
    renumbering.renumber(home.here())
    home.django_set_up()
    from django.db import connection, transaction

    from abeyance.pauses.actions import hold_everything

    pause = hold_everything(reason, now=datetime.now(UTC))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LINKS)
    return pause.name


def _refuse_used(place: Home) -> None:
    if place.restoring.exists():
        raise BadInput(f"A restore into {place.path} was cut off: remove that folder and begin again.")
    if place.set_up.exists() or place.schema.exists() or place.cluster.data.exists():
        raise BadInput(f"{place.path} is in use already. A backup goes into an empty home: set ABEYANCE_HOME.")


def _take_keys(place: Home, keys: Path | None) -> None:
    """The ring is kept apart from every backup, so it comes by another way; the desk's secret with it."""
    target = place.path / "keys"
    for source in sorted(keys.iterdir()) if keys else []:
        if source.is_file() and not source.name.endswith(".lock"):
            folder = place.path / "secrets" if source.name == DESKS_OWN else target
            home.write_bytes(folder / source.name, source.read_bytes())
    if not (target / "ring").is_file():
        raise BadInput(
            f"There is no key ring in {target}. Backups do not hold it: name the folder of your copy with --keys."
        )


def _read_back(place: Home, folder: Path) -> None:
    chosen = options.load(os.environ)
    if not chosen.database_url:
        place.cluster.join()
    databases.prepare(place, chosen)
    _refuse_full_database(place, chosen)
    dumping.load(place, folder / backing_up.DATABASE)
    for name in backing_up.FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, place.path / name, dirs_exist_ok=True, copy_function=backing_up._copy)
    # Backups that were made before settings stayed out of them.
    config = folder / options.CONFIG_NAME
    if config.is_file() and not (place.path / options.CONFIG_NAME).exists():
        home.write_bytes(place.path / options.CONFIG_NAME, config.read_bytes())


def _refuse_full_database(place: Home, chosen: options.Options) -> None:
    with databases.connect_as_owner(place, chosen) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row and row[0]:
        raise BadInput("The database has tables already; a backup goes into an empty one.")
