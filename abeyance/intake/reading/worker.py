"""The reading process. It loads the libraries once and forks for each file, so that each file is read by a process
that has seen no other, and start-up is not paid again. It gets open files and a pipe; it is told nothing else."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import warnings
from collections.abc import Callable

from abeyance.intake.reading import confinement, suggest, walk, wire
from abeyance.intake.reading.content import Inner, OutOfTime, at_most
from abeyance.intake.reading.values import Head, Limits, Reading

LONGEST_ORDER = 65536
STEP_SECONDS = 2.0


def main(descriptor: int) -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    confinement.leave_the_network()
    suggest.warm_up()
    gc.freeze()  # the forks share what is loaded
    with socket.socket(fileno=descriptor) as line:
        line.sendall(b"ready\n")
        while select.select([line], [], [], wire.IDLE_SECONDS)[0]:
            order, descriptors, _, _ = socket.recv_fds(line, LONGEST_ORDER, 2)
            if not order:
                return
            line.sendall(_in_a_fork(order, *descriptors).encode() + b"\n")


def _in_a_fork(order: bytes, source: int, answer: int) -> str:
    """Runs one order in a child and says how that ended. The child lives as long as it holds `life` open."""
    watch, life = os.pipe()
    child = os.fork()
    if child == 0:
        _keep_only(source, answer, life)
        _child(order, source, answer)
    for descriptor in (life, source, answer):
        os.close(descriptor)
    ended, _, _ = select.select([watch], [], [], float(json.loads(order)["limits"]["seconds"]))
    os.close(watch)
    if not ended:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ended or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return "slow"
    return "well" if status == 0 else "crashed"


def _keep_only(*descriptors: int) -> None:
    """The line to the parent above all is not for the child."""
    for descriptor in range(3, 256):
        if descriptor not in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _child(order: bytes, source: int, answer: int) -> None:
    code = 1
    try:
        said = json.loads(order)
        limits = Limits(**said["limits"])
        confinement.confine(limits)
        _answer(said, limits, source, answer)
        code = 0
    finally:
        os._exit(code)  # no clean-up of what belongs to the parent


def _answer(said: dict[str, object], limits: Limits, source: int, answer: int) -> None:
    def begun(path: str) -> None:
        _send(answer, b"begin " + json.dumps(path).encode())

    skip = said["skip"]
    journey = walk.Walk(limits, frozenset(map(str, skip if isinstance(skip, list) else [])), begun)
    with contextlib.suppress(OutOfTime):  # one that rang between two parts
        journey.read(Inner(str(said["name"]), _whole(source, limits.file_bytes)))
    _send(answer, b"reading " + wire.written(_reading(journey, limits)))


def _reading(journey: walk.Walk, limits: Limits) -> Reading:
    found = suggest.Found(limits.suggestions)
    for step in suggest.steps(journey.parts, journey.heads, found):
        _take(step, found)
    head = journey.heads[0][1] if journey.heads and journey.heads[0][0] == journey.parts[0].path else Head()
    marks = dict.fromkeys((*journey.marks, *found.marks))
    return Reading(tuple(journey.parts), tuple(found.suggestions), tuple(marks), head)


def _take(step: Callable[[], None], found: suggest.Found) -> None:
    try:
        with at_most(STEP_SECONDS):
            step()
    except (OutOfTime, MemoryError):
        found.marks.append("took too long: not all suggestions were looked for")
    except Exception:  # the text is readable all the same, and that is what counts
        found.marks.append("broken: not all suggestions were looked for")


def _whole(source: int, most: int) -> bytes:
    pieces, offset = [], 0
    while offset < most and (piece := os.pread(source, min(1 << 20, most - offset), offset)):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


def _send(answer: int, line: bytes) -> None:
    waiting = memoryview(line + b"\n")
    while waiting:
        waiting = waiting[os.write(answer, waiting) :]


if __name__ == "__main__":
    main(int(sys.argv[1]))
