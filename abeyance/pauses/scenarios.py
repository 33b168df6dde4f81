"""Scenario files: one company's pause beside the same forty requests, and what is expected to come out. A pause file
of one's own is tried on them too; of it nothing is expected."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.rules import scenarios
from abeyance.rules.instruments import Adoption, ChannelState, Checked, LawText, TreatyChannel, parse_law
from abeyance.rules.pausefile import Unreadable, parse_pause
from abeyance.rules.pauses import Pause
from abeyance.rules.policy import Books, Clause, parse_policy
from abeyance.rules.scenarios import GOES_ON, VERDICTS, Row

FOLDER = Path(__file__).parents[2] / "scenarios"
REQUESTS = "requests.toml"
SHIPPED = Path(__file__).parents[1] / "policy" / "data"
LARGEST = 256 * 1024
DECLARED, AT = datetime(2020, 7, 7, 12, tzinfo=UTC), datetime(2021, 7, 2, tzinfo=UTC)  # for a pause of one's own


@dataclass(frozen=True)
class Result:
    """`differs`: the requests whose verdict is not the expected one, with both."""

    title: str
    rows: list[Row]
    differs: dict[str, tuple[str, str]]


def run(path: Path) -> Result:
    """Raises BadInput where a file is not right."""
    beside = path.with_name(REQUESTS)
    return _result(_read(path), _read(beside if beside.exists() else FOLDER / REQUESTS), str(path))


def named(name: str) -> Result:
    """One that comes with the desk, by the name of its file."""
    found = next((path for path in files() if path.stem == name), None)
    if found is None:
        raise NotFound("There is no such scenario. `abeyance scenario list` shows those there are.")
    return run(found)


def of_pause(said: Mapping[str, Any]) -> Result:
    """What a pause of one's own makes of the forty requests, by its keys. Nothing is stored."""
    return _result(dict(said), _read(FOLDER / REQUESTS), "The pause")


def _result(said: dict[str, Any], beside: Mapping[str, Any], what: str) -> Result:
    if "name" in said:  # a pause file, and no scenario
        pause = _pause(said)
        said = {"title": pause.name, "declared": DECLARED, "at": AT, "pause": said, "expect": None}
    try:
        at, now, usual = said["declared"], said["at"], beside["usual"]
        pauses = [scenarios.declared(_pause(said[key]), at) for key in ("pause", "also") if key in said]
        clauses = _clauses(said.get("clause", []))
        requests = [scenarios.request_of(_moments(usual | each), declared=at) for each in beside["request"]]
        rows = scenarios.run(pauses, requests, [_books(said.get("channel", []))], clauses=clauses, now=now)
        title, expect = str(said["title"]), said["expect"]
        expected = {row.request.id: row.verdict for row in rows} if expect is None else _expected(expect)
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        raise BadInput(f"{what} or {REQUESTS} beside it is no scenario: {problem}.") from None
    differs = {
        row.request.id: (expected.get(row.request.id, GOES_ON), row.verdict)
        for row in rows
        if expected.get(row.request.id, GOES_ON) != row.verdict
    }
    return Result(title, rows, differs)


def files(folder: Path = FOLDER) -> list[Path]:
    return sorted(path for path in folder.glob("*.toml") if path.name != REQUESTS)


def listed() -> list[dict[str, str]]:
    return [{"name": path.stem, "file": str(path), "title": str(_read(path).get("title", ""))} for path in files()]


def document(result: Result) -> dict[str, Any]:
    rows = [
        {
            "request": row.request.id,
            "says": row.request.says,
            "verdict": row.verdict,
            "stage": row.stage,
            "sentence": row.sentence,
            "officer_is_told": row.told,
        }
        for row in result.rows
    ]
    differs = [{"request": key, "expected": a, "found": b} for key, (a, b) in result.differs.items()]
    return {"title": result.title, "rows": rows, "differs": differs}


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    scenario = sub.add_parser("scenario", help="try pauses on forty invented requests; nothing is stored")
    verbs = scenario.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = verbs.add_parser("run", help="who is held, at which stage, and what the officer is told")
    one.add_argument("file", type=Path, metavar="FILE.toml", help="a scenario, or a pause of your own")
    one.set_defaults(run=run_file, needs_home=False)
    verbs.add_parser("list", help="the scenarios that come with the desk").set_defaults(run=list_, needs_home=False)


def run_file(args: argparse.Namespace) -> Answer:
    result = run(args.file)
    lines = [result.title]
    for row in result.rows:
        lines.append(f"{row.request.id}  {row.verdict:<9} {row.stage or '-':<8} {row.request.says}")
        lines += [f"       {text}" for text in (row.sentence, f"The officer is told: {row.told}") if text]
    lines += [f"DIFFERS: {key} should be '{a}', and is '{b}'." for key, (a, b) in result.differs.items()]
    return Answer(document(result), "\n".join(lines), code=1 if result.differs else 0)


def list_(args: argparse.Namespace) -> Answer:
    found = listed()
    text = "\n".join(f"{Path(each['file']).name:<30} {each['title']}" for each in found)
    return Answer(found, text or f"There are none in {FOLDER}.")


def _read(path: Path) -> dict[str, Any]:
    raw = givenfile.content(path, LARGEST)
    if len(raw) > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST // 1024} KiB; that is no scenario.")
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"{path} is not TOML: {problem}.") from None


def _pause(said: Mapping[str, Any]) -> Pause:
    try:
        return parse_pause(said)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None


def _moments(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"arrived": datetime.fromisoformat(said["arrived"])}


def _expected(said: Mapping[str, list[str]]) -> dict[str, str]:
    if unknown := set(said) - set(VERDICTS):
        raise BadInput(f"expect has no verdict {min(unknown)!r}. Known: {', '.join(VERDICTS)}.")
    return {request: verdict for verdict, requests in said.items() for request in requests}


def _clauses(said: list[Mapping[str, Any]]) -> tuple[Clause, ...]:
    """As a policy file has them, in the place of those that are shipped."""
    if not said:
        return ()
    shipped = tomllib.loads((SHIPPED / "policy.toml").read_text(encoding="utf-8"))
    return parse_policy(shipped | {"clause": said}).clauses


def _books(channels: list[Mapping[str, Any]]) -> Books:
    """The shipped texts, and the scenario's own treaty channels as if counsel had adopted them."""
    law = [parse_law(tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted((SHIPPED / "law").glob("*"))]
    policy = parse_policy(tomllib.loads((SHIPPED / "policy.toml").read_text(encoding="utf-8")))
    own = tuple(_channel(number, each) for number, each in enumerate(channels))
    adopted = {each.id: Adoption(each.id, each.digest, "one", "two", date.min, date.max) for each in own}
    return Books(policy, (*law, LawText("scenario", "ZZ", (), (), "", own)), (), MappingProxyType(adopted))


def _channel(number: int, said: Mapping[str, Any]) -> TreatyChannel:
    return TreatyChannel(
        id=f"scenario-{number}",
        jurisdiction=said["jurisdiction"],
        to=said["to"],
        state=ChannelState(said["state"]),
        since=date.min,
        citation="invented",
        sentence=said["sentence"],
        source="invented",
        date_checked=date.min,
        checked=Checked.CHECKED,
        checked_by="invented",
        digest=str(number),
    )
