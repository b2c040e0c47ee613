"""Where captures come from: files, folders, standard input; plain or compressed. Bytes only, no meaning."""

import gzip
import hashlib
import io
import os
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import zstandard

from analyzer.errors import CaptureError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PCAP_MAGICS = frozenset({b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1"})
PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
CAPTURE_NAME = re.compile(r"\.(pcap|pcapng|cap)(\.(gz|zst))?$", re.IGNORECASE)
"""Files of a folder that call themselves captures: one that is none is named, not passed over."""
STREAM_ERRORS = (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile)


@dataclass
class Source:
    """One capture, opened for reading from its beginning.

    ``name`` is what reports show: no folder but the one that tells files of one name apart. ``size`` and ``digest``
    (SHA-256) are of the bytes as stored and are complete once the stream is at its end.
    """

    name: str
    stream: BinaryIO
    compression: str = ""
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    below: BinaryIO | None = None

    def close(self) -> None:
        """Close the stream and, for a decompressor that leaves it open, the file below it."""
        for stream in (self.stream, self.below):
            if stream is not None:
                stream.close()


class Hashing(io.RawIOBase):
    """A raw stream that hashes and counts what is read of it, for the Source that it belongs to."""

    def __init__(self, stream: BinaryIO, head: bytes = b"") -> None:
        self.stream, self.head = stream, head
        self.source: Source | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # typeshed's WriteableBuffer
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
        if not self.closed and self.stream is not sys.stdin.buffer:
            self.stream.close()
        super().close()


def open_source(path: str, name: str) -> Source:
    """Open the capture at ``path`` (``-``: standard input), seeing through gzip and zstd.

    Raises:
        CaptureError: it does not exist, cannot be read, is empty, or is no capture.
    """
    try:
        raw = sys.stdin.buffer if path == "-" else Path(path).open("rb", buffering=0)  # noqa: SIM115 - the Source closes it
        head = raw.read(4) or b""
        while 0 < len(head) < 4 and (more := raw.read(4 - len(head))):
            head += more
    except OSError as error:
        raise CaptureError(f"{path}: {reason(error)}") from error
    hashing = Hashing(raw, head)
    opener = {GZIP: ("gzip", _gzip), ZSTD: ("zstd", _zstd)}.get(head[:2] if head[:2] == GZIP else head)
    source = Source(name, io.BufferedReader(hashing, 1 << 16))
    hashing.source = source
    if opener:
        source.compression, source.below = opener[0], source.stream
        source.stream = opener[1](source.stream)
        try:
            head = source.stream.peek(4)[:4]  # type: ignore[attr-defined]  # both wrap a BufferedReader
        except STREAM_ERRORS as error:
            source.close()
            raise CaptureError(f"{path}: a damaged {source.compression} stream: nothing can be read of it") from error
    if not is_capture(head):
        source.close()
        raise CaptureError(f"{path}: {what_it_is(head)}; a capture in pcap or pcapng format is needed")
    return source


def _gzip(stream: BinaryIO) -> BinaryIO:
    return io.BufferedReader(gzip.GzipFile(fileobj=stream), 1 << 16)


def _zstd(stream: BinaryIO) -> BinaryIO:
    reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return io.BufferedReader(reader, 1 << 16)


def is_capture(head: bytes) -> bool:
    return head in PCAP_MAGICS or head == PCAPNG_MAGIC


def what_it_is(head: bytes) -> str:
    """What a file that is no capture seems to be, from its first four octets."""
    if not head:
        return "the file is empty"
    if all(32 <= octet < 127 or octet in b"\t\r\n" for octet in head):
        return "this looks like a text file"
    return f"this is no capture (it begins with {head.hex(' ')})"


def reason(error: OSError) -> str:
    """What the system says, in a few words."""
    return {
        FileNotFoundError: "no such file or folder",
        PermissionError: "permission denied",
        IsADirectoryError: "this is a folder",
    }.get(type(error), error.strerror or str(error))


def find_captures(paths: list[str]) -> Iterator[tuple[str, str, bool]]:
    """(path, name to show, named by the user) of every capture: files as given, folders searched by name and content.

    Raises:
        CaptureError: a path does not exist, or a folder holds no capture.
    """
    found: list[tuple[str, str, bool]] = []
    for path in paths:
        if path != "-" and Path(path).is_dir():
            inside = sorted(_search(path))
            if not inside:
                raise CaptureError(f"{path}: no capture in this folder (pcap or pcapng, plain, gzip or zstd)")
            found += [(item, Path(item).relative_to(path).as_posix(), False) for item in inside]
        else:
            found.append((path, "standard input" if path == "-" else Path(path).name, True))
    names = [name for _, name, _ in found]
    seen: dict[str, int] = {}
    for path, name, given in found:
        seen[name] = seen.get(name, 0) + 1
        yield path, name if names.count(name) == 1 else f"{name} ({seen[name]})", given


def _search(folder: str) -> Iterator[str]:
    for base, folders, files in os.walk(folder):
        folders.sort()
        for file in files:
            path = Path(base) / file
            if path.is_file() and (CAPTURE_NAME.search(file) or _sniff(str(path))):
                yield str(path)


def _sniff(path: str) -> bool:
    try:
        open_source(path, path).close()
    except CaptureError:
        return False
    return True
