"""Encrypting a stream with Sequoia, which reads and writes files by name: in a process of its own, through two pipes.

The plain text is never on disk, and the chunks are drawn in the caller's thread, so that they may use its connections.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from abeyance.errors import Unsafe

PIPE_BYTES = 64 * 1024
# Reads the certificate from the beginning of its input, and leaves the rest of the pipe to Sequoia.
PROGRAM = """
import os, resource, pysequoia
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
def exactly(count):
    got = b""
    while len(got) < count:
        more = os.read(0, count - len(got))
        if not more:
            raise SystemExit(3)
        got += more
    return got
certificate = pysequoia.Cert.from_bytes(exactly(int.from_bytes(exactly(4), "big")))
pysequoia.encrypt_file("/dev/stdin", "/dev/stdout", [certificate], armor=False)
"""


def encrypt(certificate: str, chunks: Iterable[bytes], target: BinaryIO) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={},
        cwd="/",
    )
    with process:
        try:
            _pump(process, _with_certificate(certificate.encode(), chunks), target)
        except BaseException:
            process.kill()  # before its input closes: it must not write an end
            raise
    if process.returncode != 0:
        raise Unsafe("The package could not be encrypted to this OpenPGP key.")


def _with_certificate(certificate: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield len(certificate).to_bytes(4, "big") + certificate
    yield from chunks


def _pump(process: subprocess.Popen[bytes], chunks: Iterator[bytes], target: BinaryIO) -> None:
    """Feed and drain in one thread: whichever pipe is ready."""
    feed, drain = process.stdin, process.stdout
    if feed is None or drain is None:
        raise ValueError("both ends are pipes")
    os.set_blocking(feed.fileno(), False)
    left = memoryview(b"")
    with selectors.DefaultSelector() as ready:
        ready.register(feed, selectors.EVENT_WRITE)
        ready.register(drain, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                if key.fileobj is drain:
                    if not (sealed := os.read(drain.fileno(), PIPE_BYTES)):
                        ready.unregister(drain)
                    target.write(sealed)
                elif (left := _fed(feed.fileno(), left, chunks)) is None:  # type: ignore[assignment]
                    ready.unregister(feed)
                    feed.close()


def _fed(pipe: int, left: memoryview, chunks: Iterator[bytes]) -> memoryview | None:
    """What is still to be written; None at the end, or when the other side takes no more."""
    while not left:
        chunk = next(chunks, None)
        if chunk is None:
            return None
        left = memoryview(chunk)
    try:
        return left[os.write(pipe, left[:PIPE_BYTES]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return None
