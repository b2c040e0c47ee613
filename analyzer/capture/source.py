"""Where a capture comes from: a file, a pipe or standard input, plain or compressed. Bytes only, no meaning."""

import hashlib
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from analyzer.capture.compressed import DamagedStreamError, Decompressed, kind_of
from analyzer.capture.formats import header_size, refusal
from analyzer.errors import CaptureError


@dataclass
class Source:
    """One capture, opened for reading from its beginning.

    ``name`` is what reports show: no folder but the one that tells files of one name apart. ``stream`` is not buffered:
    a buffer loses what it holds where the next octets cannot be read. ``size`` and ``digest``
    (SHA-256) are of the bytes as stored and are complete once everything was read: ``drain`` sees to that.
    """

    name: str
    stream: io.RawIOBase
    below: io.RawIOBase | BinaryIO
    compression: str = ""
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def drain(self) -> None:
        """Read what is left, for size and digest alone."""
        try:
            while self.below.read(1 << 20):
                pass
        except OSError:
            return  # what could not be read was told as damage already

    def close(self) -> None:
        """Close the stream, and the file below a decompressor."""
        self.stream.close()
        self.below.close()


class Hashing(io.RawIOBase):
    """A raw stream that hashes and counts what is read of it, for the Source that it belongs to."""

    def __init__(self, stream: BinaryIO, head: bytes, *, borrowed: bool) -> None:
        self.stream, self.head, self.borrowed = stream, head, borrowed
        self.source: Source | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self.head:
            count = min(len(self.head), len(view))
            view[:count] = self.head[:count]
            self.head = self.head[count:]
        else:
            count = self.stream.readinto(view) or 0  # type: ignore[attr-defined]  # every binary stream has it
        if self.source is not None and count:
            self.source.digest.update(view[:count])
            self.source.size += count
        return count

    def close(self) -> None:
        if not self.closed and not self.borrowed:
            self.stream.close()
        super().close()


def open_source(path: str, name: str, told: str = "") -> Source:
    """Open the capture at ``path`` (``-``: standard input), seeing through compression.

    ``told``: what an error calls it, the path where nothing is given.

    Raises:
        CaptureError: it does not exist, cannot be read, is empty, or is no capture that can be read.
    """
    told = told or path
    raw = open_raw(path)
    try:
        head = beginning(raw)
    except OSError as error:
        raise CaptureError(f"{told}: {reason(error)}") from error
    hashing = Hashing(raw, head, borrowed=path == "-")
    source = Source(name, hashing, hashing)
    hashing.source = source
    if kind := kind_of(head):
        source.below = below = io.BufferedReader(hashing, 1 << 16)
        inside = Decompressed(below, kind)
        try:
            head = beginning(inside)
        except (DamagedStreamError, OSError) as error:
            source.close()
            raise CaptureError(f"{told}: a damaged {kind.name} stream: nothing can be read of it") from error
        inside.unread(head)
        source.stream, source.compression = inside, kind.name
    if wrong := refusal(head, told):
        source.close()
        raise CaptureError(f"{told}: {wrong}")
    return source


def beginning(stream: Any) -> bytes:
    """The first octets of a stream, as many as are needed to tell what it is; fewer where it ends before. A pipe may
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
        return sys.stdin.buffer
    try:
        return Path(path).open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise CaptureError(f"{path[:200]}: {reason(error)}") from error


def reason(error: OSError | ValueError) -> str:
    """What the system says, in a few words."""
    words: dict[type[Exception], str] = {
        FileNotFoundError: "no such file or folder",
        PermissionError: "permission denied",
        IsADirectoryError: "this is a folder",
    }
    return words.get(type(error)) or getattr(error, "strerror", None) or str(error)
