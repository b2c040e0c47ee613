"""Whether a capture that another program writes is complete: from its blocks, without reading what is in them."""

import os
import struct
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from analyzer.capture.recognition import BYTE_ORDERS, PCAPNG_MAGIC, PCAPS

LARGEST = 1 << 28
"""Octets of a block or a frame; a larger number is damage, and no part of a file that is being written."""
STATISTICS = 5
"""The type of the block that dumpcap writes last when it closes a file."""
BUFFER = 1 << 18


class FileState(StrEnum):
    """``half``: it ends within a block or a frame. ``whole``: it ends after one. ``closed``: after the block that the
    writer writes last. ``unknown``: compressed, damaged, or of another form: its end shows nothing."""

    EMPTY = "empty"
    HALF = "half"
    WHOLE = "whole"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def file_state(path: Path) -> FileState:
    """The state of a file. Raises OSError."""
    with path.open("rb", buffering=BUFFER) as file:
        size = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if not size or not magic:
            return FileState.EMPTY
        if magic == PCAPNG_MAGIC[: len(magic)]:
            return pcapng_state(file, size)
        if len(magic) == 4 and magic not in PCAPS:
            return FileState.UNKNOWN
        return pcap_state(file, magic, size)


def pcap_state(file: BinaryIO, magic: bytes, size: int) -> FileState:
    """The state of a pcap."""
    form = PCAPS.get(magic)
    if form is None or size < form.header:
        return FileState.HALF
    header = struct.Struct("<8xI" if form.order == "little" else ">8xI")
    rest = 16 + form.extra - header.size
    at = form.header
    while at < size:
        file.seek(at)
        head = file.read(header.size)
        if len(head) < header.size:
            return FileState.HALF
        (length,) = header.unpack(head)
        if length > LARGEST:
            return FileState.UNKNOWN
        at += header.size + rest + length
    return FileState.WHOLE if at == size else FileState.HALF


def pcapng_state(file: BinaryIO, size: int) -> FileState:
    """The state of a pcapng."""
    at, kind, order = 0, 0, "<"
    while at < size:
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            return FileState.HALF
        if head[:4] == PCAPNG_MAGIC:
            named = BYTE_ORDERS.get(head[8:])
            if named is None:
                return FileState.UNKNOWN
            order = "<" if named == "little" else ">"
        kind, length = struct.unpack(f"{order}II", head[:8])
        if length < 12 or length % 4 or length > LARGEST:
            return FileState.UNKNOWN
        at += length
    if at > size:
        return FileState.HALF
    return FileState.CLOSED if kind == STATISTICS else FileState.WHOLE
