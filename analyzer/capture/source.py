"""Where a capture comes from: a file, a pipe or standard input, plain or compressed. Bytes only, no meaning."""

import hashlib
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from analyzer.capture.compressed import DamagedStreamError, decompressed, kind_of
from analyzer.errors import CaptureError

PCAP_MAGICS = frozenset({b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1"})
PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"


@dataclass
class Source:
    """One capture, opened for reading from its beginning.

    ``name`` is what reports show: no folder but the one that tells files of one name apart. ``size`` and ``digest``
    (SHA-256) are of the bytes as stored and are complete once everything was read: ``drain`` sees to that.
    """

    name: str
    stream: BinaryIO
    below: BinaryIO
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


def open_source(path: str, name: str) -> Source:
    """Open the capture at ``path`` (``-``: standard input), seeing through gzip and zstd.

    Raises:
        CaptureError: it does not exist, cannot be read, is empty, or is no capture.
    """
    raw = open_raw(path)
    try:
        head = raw.read(4) or b""
        while 0 < len(head) < 4 and (more := raw.read(4 - len(head))):
            head += more
    except OSError as error:
        raise CaptureError(f"{path}: {reason(error)}") from error
    hashing = Hashing(raw, head, borrowed=path == "-")
    below = io.BufferedReader(hashing, 1 << 16)
    source = Source(name, below, below, kind_of(head))
    hashing.source = source
    if source.compression:
        source.stream = decompressed(below, source.compression)
        try:
            head = source.stream.peek(4)[:4]  # type: ignore[attr-defined]  # it is a BufferedReader
        except DamagedStreamError as error:
            source.close()
            raise CaptureError(f"{path}: a damaged {source.compression} stream: nothing can be read of it") from error
    if not is_capture(head):
        source.close()
        raise CaptureError(f"{path}: {what_it_is(head)}; a capture in pcap or pcapng format is needed")
    return source


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


def is_capture(head: bytes) -> bool:
    return head in PCAP_MAGICS or head == PCAPNG_MAGIC


def what_it_is(head: bytes) -> str:
    """What a file that is no capture seems to be, from its first four octets."""
    if not head:
        return "the file is empty"
    if all(32 <= octet < 127 or octet in b"\t\r\n" for octet in head):
        return "this looks like a text file"
    return f"this is no capture (it begins with {head.hex(' ')})"


def reason(error: OSError | ValueError) -> str:
    """What the system says, in a few words."""
    words: dict[type[Exception], str] = {
        FileNotFoundError: "no such file or folder",
        PermissionError: "permission denied",
        IsADirectoryError: "this is a folder",
    }
    return words.get(type(error)) or getattr(error, "strerror", None) or str(error)
