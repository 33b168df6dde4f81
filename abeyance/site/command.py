"""`abeyance`: one command for everything. Exit 0 when done, 1 when refused, 2 when it was called wrongly."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from abeyance import __version__
from abeyance.console import Answer
from abeyance.errors import AbeyanceError
from abeyance.site import home, logs, options, saying, words

DESCRIPTION = "The desk where a government's request for user data arrives, is checked, weighed and answered."
EPILOG = """\
--json, anywhere, prints one JSON document instead of text.
Commands that agree, lift or release need the member's own credential: --as MEMBER with --token-file FILE or
ABEYANCE_TOKEN. Without a member's credential a command acts as "operator".
Everything lies in ABEYANCE_HOME. docs/running-a-desk.md says more."""
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    given, as_json = _without_json(list(sys.argv[1:] if arguments is None else arguments))
    try:
        return _run(given, as_json)
    except AbeyanceError as problem:
        saying.say_problem(problem, as_json)
        return saying.exit_code(problem)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us went away; Python must not complain about that once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as problem:
        return _unforeseen(problem, given)


def _without_json(given: list[str]) -> tuple[list[str], bool]:
    """Taken out here, so that it may stand anywhere before `--`."""
    end = given.index("--") if "--" in given else len(given)
    kept = [argument for argument in given[:end] if argument != "--json"]
    return kept + given[end:], len(kept) < end


def _run(given: list[str], as_json: bool) -> int:
    options.load(os.environ)
    given = given or ["--help"]
    word = next((argument for argument in given if not argument.startswith("-")), None)
    rooms = words.rooms_for(word)
    if not words.is_bare(rooms):
        _prepare(asks_help=word is None or not {"-h", "--help"}.isdisjoint(given))
    args = build_parser(rooms).parse_args(given)
    needs_home = getattr(args, "needs_home", True)
    place = _entered() if needs_home else None
    answer: Answer = args.run(args)
    saying.say(answer, as_json)
    if place is not None and getattr(args, "upkeep", True):
        _look_after(place)
    return answer.code


def _entered() -> home.Home:
    place = home.enter()
    if not logs.is_debugging():
        logs.to_file(place.path, "command")
    return place


def _prepare(asks_help: bool) -> None:
    """Settings read the home's secrets, so a home comes first; but asking for help makes nothing."""
    if not asks_help:
        home.here().make_folders()
        home.here().make_secrets()
    home.django_set_up()


def build_parser(rooms: Sequence[words.Room]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="abeyance", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"abeyance {__version__}")
    parser.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for room in rooms:
        room.register(sub)
    return parser


def _look_after(place: home.Home) -> None:
    from abeyance.site import upkeep

    try:
        upkeep.after_a_command(place.path)
    except AbeyanceError:
        return
    except Exception as problem:
        logs.write_error(place.path, "command", "upkeep after a command", problem)


def _unforeseen(problem: Exception, given: Sequence[str]) -> int:
    if logs.is_debugging():
        traceback.print_exception(problem)
        return 1
    word = next((argument for argument in given if argument.isalpha()), "?")[:20]
    path = logs.write_error(home.here().path, "command", f"abeyance {word}", problem)
    print(_sentence(problem, str(path) if path else ""), file=sys.stderr)
    return 1


def _sentence(problem: Exception, log: str) -> str:
    where = f"Where it happened is in {log}." if log else "Set ABEYANCE_DEBUG=1 to see where."
    if type(problem).__module__.startswith(("django.db", "psycopg")):
        return f"The database did not answer as it should ({type(problem).__name__}); try again. {where}"
    if isinstance(problem, OSError):
        return f"A file or a connection failed: {problem.strerror or type(problem).__name__}. {where}"
    return f"Abeyance failed in a way that nobody foresaw ({type(problem).__name__}). {where}"


if __name__ == "__main__":
    sys.exit(main())
