"""`python -m abeyance.site.hatch`: where the portal asks for what its own role may not read.

The portal's role reads no case and no member. So redeeming a link goes over a Unix socket to this process, which asks
the gate and hands back what is encrypted to the agency's key, or the part of it that was asked for, in frames; a stream
that a pause cuts has no last frame.
The page of an account holder, and their objection, come the same way, each behind its token.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abeyance.errors import AbeyanceError, BadInput, Locked, NotFound, Refused, Unsafe
from abeyance.seals.socket_place import is_ours

if TYPE_CHECKING:
    from abeyance.release.envelopes import Leaving

NAME = "hatch.sock"
LONGEST_QUESTION = 32_768
SECONDS = 60.0
LENGTH = struct.Struct(">I")
LARGEST_FRAME = 2**20
PREPARING_SECONDS = 900.0  # a large package is encrypted before its first byte leaves
OK, PARTIAL = 200, 206
THEIRS = frozenset({"wrong-code", "too-late"})  # reasons that are for the outsider to know


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 16


class _Caller(socketserver.StreamRequestHandler):
    timeout = SECONDS

    def handle(self) -> None:
        if not is_ours(self.connection):
            return
        from django.db import connections

        try:
            self._answer(self.rfile.readline(LONGEST_QUESTION))
        except OSError:
            return  # the reader went away; what was recorded says so
        finally:
            connections.close_all()

    def _answer(self, question: bytes) -> None:
        try:
            said = json.loads(question)
            what = ASKED.get(str(said.get("what", "")))
            if what is not None:
                return self._say(what(said))
            return self._hand_over(said)
        except (ValueError, TypeError, KeyError, AttributeError):
            return self._say({"status": 422, "error": "Send a token and a code."})
        except AbeyanceError as problem:
            return self._say({"status": status_of(problem), "error": told(problem)})

    def _hand_over(self, said: dict[str, Any]) -> None:
        from abeyance.release.ranges import NotThere

        try:
            leaving = _leaving(said)
        except NotThere as problem:
            self._say({"status": 416, "error": str(problem), "size": problem.size})
        else:
            self._let_go(leaving)

    def _let_go(self, leaving: Leaving) -> None:
        span = leaving.span
        self._say(
            {"status": OK if span.whole else PARTIAL, "name": leaving.name, "digest": leaving.digest}
            | {"first": span.first, "end": span.end, "size": span.size}
        )
        # What is cut by us ends without the last frame; when nobody reads any more, that is recorded at once.
        with suppress(AbeyanceError), closing(leaving.pieces):
            for piece in leaving.pieces:
                self.wfile.write(LENGTH.pack(len(piece)) + piece)
            self.wfile.write(LENGTH.pack(0))

    def _say(self, head: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(head).encode() + b"\n")


def _leaving(said: dict[str, Any]) -> Leaving:
    from abeyance.release import links
    from abeyance.release.ranges import Wanted

    wanted = Wanted(str(said.get("range", "")), str(said.get("if_range", "")))
    if "ticket" in said:
        return links.redeem_ticket(str(said["ticket"]), wanted, now=datetime.now(UTC))
    return links.redeem(str(said["token"]), str(said["code"]), wanted, now=datetime.now(UTC))


def _ticket(said: dict[str, Any]) -> dict[str, Any]:
    from abeyance.release import links

    return {"status": OK, "ticket": links.ticket(str(said["token"]), str(said["code"]), now=datetime.now(UTC))}


def _notice(said: dict[str, Any]) -> dict[str, Any]:
    from abeyance.notice import holders

    seen = holders.seen(str(said["token"]), now=datetime.now(UTC))
    until = seen["until"]
    return {"status": OK, "told": seen | {"until": until.isoformat() if until else None}}


def _objection(said: dict[str, Any]) -> dict[str, Any]:
    from abeyance.notice import holders

    try:
        holders.object_to(str(said["token"]), str(said["text"]), now=datetime.now(UTC))
    except BadInput as problem:
        return {"status": 422, "error": str(problem)}
    return {"status": OK}


def _hearing(said: dict[str, Any]) -> dict[str, Any]:
    """Somebody asks for a pause to be looked at again."""
    from abeyance.notice import hearings
    from abeyance.rules.hearings import Asker

    try:
        received = hearings.receive(
            str(said["pause"])[:64],
            Asker(said["asker"]),
            str(said["said"]),
            str(said["contact"]),
            channel=hearings.PORTAL,
            by=hearings.PORTAL,
            now=datetime.now(UTC),
        )
    except BadInput as problem:
        return {"status": 422, "error": str(problem)}
    except Refused as problem:
        return {"status": 409, "error": problem.reasons[0].sentence}
    return {"status": OK, "hearing": received.code, "token": received.token, "due": received.due.isoformat()}


def _heard(said: dict[str, Any]) -> dict[str, Any]:
    from abeyance.notice import hearings

    return {"status": OK, "told": hearings.behind(str(said["token"]), now=datetime.now(UTC))}


ASKED = {"notice": _notice, "objection": _objection, "ticket": _ticket, "hearing": _hearing, "heard": _heard}


def status_of(problem: AbeyanceError) -> int:
    known = ((NotFound, 404), (Refused, 409), (Locked, 423), (Unsafe, 503))
    return next((status for kind, status in known if isinstance(problem, kind)), 409)


def told(problem: AbeyanceError) -> str:
    """An outsider learns that it is not to be had now, and nothing of the case. A wrong code is theirs to know."""
    if isinstance(problem, NotFound) or (isinstance(problem, Refused) and problem.reasons[0].code in THEIRS):
        return str(problem)
    return "This package cannot be handed over now. Write to us under the reference of the request."


def main() -> None:
    os.environ |= {"ABEYANCE_PROCESS": "desk", "DJANGO_SETTINGS_MODULE": "abeyance.site.settings"}
    import django

    django.setup()
    from django.conf import settings

    serve(Path(settings.ABEYANCE_HOME))


def serve(home: Path) -> None:
    path = home / "run" / NAME
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = _Server(_short(path), _Caller)
    finally:
        os.umask(before)
    with closing(server.socket):
        server.serve_forever()


def ask(home: Path, **question: str) -> tuple[dict[str, Any], Iterator[bytes]]:
    """For the portal: the head of the answer, and the frames that follow. `question` has a token and a code, or a
    ticket, and may name a part (`range`, `if_range`). Raises Unsafe when nobody is there."""
    head, channel, source = _asked(home, {name: said[:500] for name, said in question.items()}, PREPARING_SECONDS)
    if head.get("status") in (OK, PARTIAL):
        return head, _frames(channel, source)
    source.close()
    channel.close()
    return head, iter(())


def tell(home: Path, **question: str) -> dict[str, Any]:
    """For the portal: what has an answer without a package. Raises Unsafe when nobody is there."""
    head, channel, source = _asked(home, question)
    with closing(channel), closing(source):
        return head


def _asked(
    home: Path, question: dict[str, str], patience: float = SECONDS
) -> tuple[dict[str, Any], socket.socket, Any]:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(SECONDS)
    try:
        channel.connect(_short(home / "run" / NAME))
        channel.sendall(json.dumps(question).encode() + b"\n")
        channel.settimeout(patience)
        source = channel.makefile("rb")
        head: dict[str, Any] = json.loads(source.readline(LONGEST_QUESTION))
        channel.settimeout(SECONDS)
    except (OSError, ValueError):
        channel.close()
        raise Unsafe("This cannot be done at this moment. Try again in a few minutes.") from None
    return head, channel, source


def _frames(channel: socket.socket, source: Any) -> Iterator[bytes]:
    with closing(channel), closing(source):
        while True:
            (size,) = LENGTH.unpack(source.read(LENGTH.size) or b"\xff\xff\xff\xff")
            if size == 0:
                return
            if size > LARGEST_FRAME or len(piece := source.read(size)) != size:
                raise ConnectionError("the hand-over was cut")
            yield piece


def _short(path: Path) -> str:
    """A socket's address holds 107 letters."""
    with suppress(ValueError):
        return min((str(path), os.path.relpath(path)), key=len)
    return str(path)


if __name__ == "__main__":
    main()
