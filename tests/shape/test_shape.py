"""The shape of the code, guarded: who may import whom, where the few dangerous things may be done, and only there.

Each guard is a function over a source text, so that a small bad example shows that it sees what it guards against.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "abeyance"
LAYERS = (
    {"rules", "errors", "console"},
    {"fence", "seals", "ledger", "outbox"},
    {"people", "policy", "casefile"},
    {"diligence", "pauses", "services", "patterns"},
    {"intake", "verification", "review", "answer", "release", "notice"},
    {"site"},
)
STANDARD = set(sys.stdlib_module_names)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
STAGES = LAYERS[4]
# Within a layer, in this direction only.
SIDEWAYS = {
    ("ledger", "seals"),
    ("fence", "seals"),
    ("policy", "people"),
    ("casefile", "people"),
    ("pauses", "services"),
    ("pauses", "diligence"),
    ("pauses", "patterns"),
    ("outbox", "ledger"),
}
# A lower room that borrows from a higher one, and why.
BORROWED = {
    ("seals", "people"),  # `abeyance keys` asks who is acting
    ("ledger", "people"),  # `abeyance ledger` and its API ask who is acting
    ("outbox", "people"),  # `abeyance jobs` asks who is acting
    ("seals", "site"),  # the key holder and its commands find the home
    ("ledger", "site"),
    ("rules", "seals"),
}


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, path.read_text(encoding="utf-8")


def imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def rooms_of(text: str) -> set[str]:
    return {name.split(".")[1] for name in imported(text) if name.startswith("abeyance.") and name.count(".") >= 1}


def wrong_imports(room: str, text: str) -> set[str]:
    found = set()
    for other in rooms_of(text) & set(LEVEL):
        sideways = LEVEL[other] == LEVEL[room] and other != room and (room, other) not in SIDEWAYS and LEVEL[room] > 0
        upwards = LEVEL[other] > LEVEL[room]
        if (upwards or sideways) and (room, other) not in BORROWED:
            found.add(other)
    return found


def test_imports_go_one_way() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path, text in sources()
        if (room := path.relative_to(PACKAGE).parts[0].removesuffix(".py")) in LEVEL
        and (found := wrong_imports(room, text))
    }
    assert wrong == {}


def test_the_guard_of_imports_sees_a_wrong_one() -> None:
    assert wrong_imports("review", "from abeyance.release import actions") == {"release"}
    assert wrong_imports("rules", "import abeyance.people.queries") == {"people"}
    assert wrong_imports("release", "from abeyance.rules import release") == set()


def test_rules_rest_on_nothing_but_python() -> None:
    allowed = {"abeyance"}
    for path, text in sources():
        if path.relative_to(PACKAGE).parts[0] == "rules":
            foreign = {name.split(".")[0] for name in imported(text)} - allowed - STANDARD
            assert not foreign, (path, foreign)
            assert not re.search(r"datetime\.now\(|time\.time\(|date\.today\(|open\(", text), path


OPENS = {"release/actions.py", "seals/files.py", "seals/client.py"}
PAUSES = {"pauses/models.py", "pauses/store.py", "pauses/actions.py"}
LOCKS = {"fence/crossing.py", "patterns/actions.py", "intake/actions.py", "ledger/sequencer.py", "seals/rows.py"}
PLACES: list[tuple[str, str, set[str]]] = [
    # what, as a pattern, and the only files where it may stand
    ("opening a package", r"seals\.open_package\(|\bopen_package\(", OPENS),
    ("writing a release", r"\bRelease\.objects\.create\(|\bRelease\(", {"release/actions.py", "casefile/handovers.py"}),
    ("writing a pause", r"PauseRow\(|to_row\([^)]*\)\.save", PAUSES),
    ("a shared advisory lock", r"pg_advisory_xact_lock_shared", {"fence/crossing.py", "seals/rows.py"}),
    ("another advisory lock", r"pg_advisory_xact_lock\(", LOCKS),
    ("changing a request's state", r"\.update\(\s*state=after|casefile_case SET state", {"casefile/moves.py"}),
    ("agreeing to an approval", r"agreed_by=by, agreed_at", {"answer/actions.py"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "pattern", "allowed"), PLACES)
def test_dangerous_things_are_done_in_one_place(what: str, pattern: str, allowed: set[str]) -> None:
    found = {path.relative_to(PACKAGE).as_posix() for path, text in sources() if re.search(pattern, text)}
    assert found <= allowed, what
    assert found, f"{what} is done nowhere, so the guard looks for the wrong thing"


def test_a_room_that_answers_to_people_begins_at_the_door() -> None:
    """`Case.objects` outside the case file: only by a key that was read behind the door, or to write."""
    known = re.compile(
        r"Case\.objects\.(select_for_update\(.*\)\.get\(pk=|filter\(pk=case\.pk|filter\(pk=package|create\()"
    )
    allowed = {
        "intake/actions.py",
        "site/demo/story.py",
        "site/demo/commands.py",
        "site/doctor/checks.py",
        "pauses/due.py",
    }
    for path, text in sources():
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("casefile/") or name in allowed:
            continue
        loose = [match.group() for match in re.finditer(r"Case\.objects\.\S+", text) if not known.match(match.group())]
        assert loose == [], name


def test_nothing_is_printed_outside_the_edge() -> None:
    allowed = ("site/", "seals/keyholder.py", "intake/reading/worker.py")
    for path, text in sources():
        name = path.relative_to(PACKAGE).as_posix()
        calls = [
            n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "print"
        ]
        assert not calls or name.startswith(allowed), name


def test_files_stay_small() -> None:
    long = {str(path): text.count("\n") for path, text in sources() if text.count("\n") > 480}
    assert long == {}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.splitlines()]


def names_a_machine(text: str) -> bool:
    return re.search(r"/(?:root|(?:home|work)/\w+)/|pypi\.org/simple|files\.pythonhosted", text) is not None


def test_no_file_names_a_machine_or_where_packages_come_from() -> None:
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".in", ""} and path.is_file() and path != Path(__file__):
            assert not names_a_machine(path.read_text(encoding="utf-8", errors="replace")), path
    assert names_a_machine("see " + "/work" + "/main/x")


def test_every_requirement_is_pinned_by_its_digest() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert check_hashed(text) == []
    assert check_hashed("django==5.2\n") == ["django==5.2\n"]


def check_hashed(text: str) -> list[str]:
    return [each for each in re.split(r"\n(?=\S)", text) if "==" in each and "--hash=sha256:" not in each]
