"""Where a capture comes from: a file, a pipe or standard input, plain or compressed. Bytes only, no meaning."""

import hashlib
import io
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

from analyzer.capture.recognition import file_problem, header_size
from analyzer.capture.sources.compressed import DamagedStreamError, Decompressed, kind_of
from analyzer.capture.sources.unreadable import UnreadableCaptureError, system_problem
from analyzer.errors import CaptureError
from analyzer.messages import message
from analyzer.operating_system.files import reachable, reserved
from analyzer.operating_system.pipes import READING_IS_INTERRUPTED, wait_for, widen

MOST_WAITING = 8
"""Reads that may wait to be hashed. A caller that hashes continues only when fewer than half as many wait."""
REST = 1 << 18
LOOK_AGAIN = 100
"""Milliseconds until a reader that waits for a pipe asks whether to go on."""


@dataclass
class CaptureSource:
    """One capture, opened for reading from its beginning.

    ``name`` is what reports show: only the folders that distinguish files of one name. ``stream`` is not buffered:
    a buffer loses what it holds where the next octets cannot be read. All octets come through ``raw``. ``size`` and
    ``sha256`` are of the bytes as stored and are complete once everything was read: ``drain`` sees to that. ``digest``
    is None if the hash is not wanted.
    """

    name: str
    stream: io.RawIOBase
    below: io.RawIOBase | BinaryIO
    raw: "Hashing"
    compression: str = ""
    size: int = 0
    digest: "hashlib._Hash | None" = None

    @property
    def sha256(self) -> str:
        """The digest of the octets that were read, in hexadecimal digits; empty if it was not requested."""
        return self.digest.hexdigest() if self.digest is not None else ""

    def share(self, stopped: Callable[[], bool]) -> None:
        """From here on several threads read, one at a time. Each leaves what a read filled as it is, and hashes it
        where hash_some() is called; once it is ``stopped``, nothing more is read or waited for. What is compressed is
        hashed as it is read: that takes far less than to decompress it."""
        self.raw.stopped = stopped
        if self.stream is self.raw:
            self.raw.waiting = deque()

    def hash_some(self) -> None:
        """Hash what was read, unless another thread does."""
        self.raw.hash_some()

    def drain(self) -> None:
        """Read what is left, for size and hash alone."""
        self.raw.settle()
        try:
            while self.below.read(REST):
                pass
        except OSError:
            return  # what could not be read is damage already

    def close(self) -> None:
        """Close the stream, and the file below a decompressor."""
        self.stream.close()
        self.below.close()


class Hashing(io.RawIOBase):
    """A raw stream that hashes and counts what is read of it, for the CaptureSource that it belongs to.

    A read fills its buffer wherever there is that much: pipes hand out little at a time, and callers go on in large
    steps. ``waiting``: what was read and not yet hashed, where several threads share that.
    """

    def __init__(self, stream: BinaryIO, head: bytes, *, borrowed: bool) -> None:
        self.stream, self.head, self.borrowed = stream, head, borrowed
        self.source: CaptureSource | None = None
        self.waiting: deque[memoryview] | None = None
        self.hashing = Lock()
        self.stopped: Callable[[], bool] | None = None
        self.has_octets = wait_for(stream)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        count = min(len(self.head), len(view))
        view[:count] = self.head[:count]
        self.head = self.head[count:]
        while count < len(view) and (more := self._fill(view[count:], begun=count > 0)):
            count += more
        if self.source is not None and count:
            self.source.size += count
            self._hash(self.source.digest, view[:count])
        return count

    def _hash(self, digest: "hashlib._Hash | None", view: memoryview) -> None:
        if digest is not None and self.waiting is not None:
            self.waiting.append(view)
            self._hash_down_to(MOST_WAITING)
        elif digest is not None:
            digest.update(view)

    def _hash_down_to(self, most: int) -> None:
        while self.waiting is not None and len(self.waiting) > most:
            with self.hashing:
                self._hash_one()

    def _hash_one(self) -> None:
        """The piece that has waited longest. The caller holds ``hashing``."""
        if self.waiting and self.source is not None and self.source.digest is not None:
            self.source.digest.update(self.waiting.popleft())

    def hash_some(self) -> None:
        while self.waiting and self.hashing.acquire(blocking=False):
            try:
                self._hash_one()
            finally:
                self.hashing.release()
        self._hash_down_to(MOST_WAITING // 2)

    def settle(self) -> None:
        """Hash everything that was read before. From here on, each read is hashed at once."""
        with self.hashing:
            while self.waiting:
                self._hash_one()
        self.waiting = self.stopped = None

    def _fill(self, view: memoryview, *, begun: bool) -> int:
        try:
            if self.stopped is not None or not READING_IS_INTERRUPTED:
                while not self._is_stopped() and self.has_octets is not None and not self.has_octets(LOOK_AGAIN):
                    pass
                if self._is_stopped():
                    return 0
            return self.stream.readinto(view) or 0  # type: ignore[attr-defined]  # every binary stream has it
        except OSError:
            if begun:
                return 0  # what was read before counts; the next read meets the error again
            raise

    def _is_stopped(self) -> bool:
        return self.stopped is not None and self.stopped()

    def close(self) -> None:
        if not self.closed and not self.borrowed:
            self.stream.close()
        super().close()


def open_source(path: str, name: str, shown: str = "", *, hashed: bool = False) -> CaptureSource:
    """Open the capture at ``path`` (``-``: standard input), seeing through compression.

    ``shown``: its name in an error, by default the path. ``hashed``: whether its SHA-256 is wanted.

    Raises:
        CaptureError: it does not exist, cannot be read, is empty, or is no capture that can be read.
    """
    shown = shown or path
    raw = open_raw(path)
    try:
        head = beginning(raw)
    except OSError as error:
        if path != "-":
            raw.close()
        raise UnreadableCaptureError(shown, system_problem(error)) from error
    hashing = Hashing(raw, head, borrowed=path == "-")
    source = CaptureSource(name, hashing, hashing, hashing, digest=hashlib.sha256() if hashed else None)
    hashing.source = source
    if kind := kind_of(head):
        source.below = below = io.BufferedReader(hashing, 1 << 16)
        inside = Decompressed(below, kind)
        try:
            head = beginning(inside)
        except (DamagedStreamError, OSError) as error:
            source.close()
            raise UnreadableCaptureError(shown, message("stream-unreadable", compression=kind.name)) from error
        inside.unread(head)
        source.stream, source.compression = inside, kind.name
    if problem := file_problem(head, shown):
        source.close()
        raise UnreadableCaptureError(shown, problem)
    return source


def beginning(stream: Any) -> bytes:
    """The first octets of a stream, as many as are needed to recognise it; fewer where it ends before. A pipe may
    hand them out one by one.

    Raises:
        DamagedStreamError, OSError: it cannot be read even so far.
    """
    head = b""
    while (lacking := wanted(head) - len(head)) > 0 and (more := stream.read(lacking)):
        head += more
    return head


def wanted(head: bytes) -> int:
    if len(head) < 4:
        return 4
    return 4 if kind_of(head) else header_size(head)


def open_raw(path: str) -> BinaryIO:
    """The file, or standard input. Raises CaptureError where there is none."""
    if path == "-":
        if sys.stdin is None:
            raise CaptureError("-: there is no standard input to read from; name a capture file")
        return widen(cast(BinaryIO, getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)))
    if problem := reserved(path):
        raise UnreadableCaptureError(path[:200], message("file-error", error=problem))
    try:
        return widen(reachable(Path(path)).open("rb", buffering=0))
    except (OSError, ValueError) as error:
        raise UnreadableCaptureError(path[:200], system_problem(error)) from error
