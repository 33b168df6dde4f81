from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.site.homes import Home, end_keyholders, make_home


@pytest.fixture
def home() -> Iterator[Home]:
    """Nothing is there yet."""
    made = make_home()
    yield made
    _remove(made)


@pytest.fixture(scope="session")
def model() -> Iterator[Home]:
    """A home that was set up once, of which the others are copies: setting up takes seconds."""
    made = make_home()
    made.run("member", "list")
    end_keyholders(made.path)
    yield made
    _remove(made)


@pytest.fixture(scope="session")
def ready(model: Home) -> Iterator[Home]:
    """A home that was set up, for tests that leave it as it is."""
    made = _copy(model)
    yield made
    _remove(made)


@pytest.fixture
def prepared(model: Home) -> Iterator[Home]:
    """A home that was set up, to do with as one likes."""
    made = _copy(model)
    yield made
    _remove(made)


def _copy(model: Home) -> Home:
    made, not_these = make_home(), shutil.ignore_patterns("*.sock")
    shutil.copytree(model.path, made.path, symlinks=True, copy_function=_as_it_is, ignore=not_these)
    for folder, *_ in os.walk(model.path):
        kept = os.stat(folder)
        os.chown(made.path / os.path.relpath(folder, model.path), kept.st_uid, kept.st_gid)
    return made


def _as_it_is(source: str, target: str) -> None:
    """With its owner: the server's files belong to the server's user."""
    shutil.copy2(source, target, follow_symlinks=False)
    kept = os.lstat(source)
    os.lchown(target, kept.st_uid, kept.st_gid)


def _remove(made: Home) -> None:
    made.remove()
    shutil.rmtree(made.path.parent, ignore_errors=True)
