"""Chunks of an event log whose checksum is wrong."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.host_evidence.readers.evtx_chunks import CHUNK, CHUNK_HEAD, FILE_HEAD, MAGIC, WithoutChunks, damaged

RECORDS = b"\x2a\x2a\0\0" + b"record" * 50


def chunk(first: int = 1, last: int = 7, records: bytes = RECORDS, end: int | None = None) -> bytes:
    """A chunk with right checksums."""
    end = CHUNK_HEAD + len(records) if end is None else end
    head = bytearray(MAGIC + bytes(CHUNK_HEAD - len(MAGIC)))
    struct.pack_into("<QQQQ", head, 8, first, last, first, last)
    struct.pack_into("<II", head, 48, end, zlib.crc32(records))
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120] + head[128:])))
    return bytes(head) + records + bytes(CHUNK - CHUNK_HEAD - len(records))


def found(folder: Path, *chunks: bytes) -> dict[int, int]:
    path = folder / "log.evtx"
    path.write_bytes(bytes(FILE_HEAD) + b"".join(chunks))
    return damaged(path)


def changed(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]


def test_whole_and_unused_chunks(tmp_path: Path) -> None:
    assert found(tmp_path, chunk(), bytes(CHUNK), chunk(8, 9)) == {}


@pytest.mark.parametrize("at", [8, 24, 32, 48, 52, 119, 124, 130, CHUNK_HEAD - 1, CHUNK_HEAD, CHUNK_HEAD + 300])
def test_a_changed_octet_is_found(tmp_path: Path, at: int) -> None:
    assert set(found(tmp_path, chunk(), changed(chunk(8, 9), at), chunk(10, 10))) == {FILE_HEAD + CHUNK}


def test_what_lies_behind_the_last_record_does_not_count(tmp_path: Path) -> None:
    assert found(tmp_path, changed(chunk(), CHUNK_HEAD + len(RECORDS))) == {}


def test_how_many_records_are_lost(tmp_path: Path) -> None:
    at = CHUNK_HEAD + 5
    bad = [changed(chunk(8, 9), at), changed(chunk(9, 8), at), changed(chunk(0, 2**63), at)]
    assert list(found(tmp_path, *bad).values()) == [2, 1, (CHUNK - CHUNK_HEAD) // 24]


@pytest.mark.parametrize(("length", "records"), [(CHUNK - 1, 7), (CHUNK_HEAD, 7), (100, 1), (len(MAGIC), 1)])
def test_a_chunk_that_is_cut_off(tmp_path: Path, length: int, records: int) -> None:
    assert found(tmp_path, chunk()[:length]) == {FILE_HEAD: records}


@pytest.mark.parametrize("end", [0, CHUNK_HEAD - 1, CHUNK + 1, 2**32 - 1])
def test_an_end_that_cannot_be(tmp_path: Path, end: int) -> None:
    assert set(found(tmp_path, chunk(end=end))) == {FILE_HEAD}


SIZE = FILE_HEAD + 3 * CHUNK + 100


@given(st.integers(0, SIZE), st.integers(-1, SIZE), st.sets(st.integers(0, 3)))
def test_the_file_without_chunks(since: int, size: int, bad: set[int]) -> None:
    octets = bytes(range(1, 251)) * (SIZE // 250 + 1)
    octets = octets[:SIZE]
    places = {FILE_HEAD + number * CHUNK: 1 for number in bad}
    expected = bytearray(octets)
    for place in places:
        expected[place : place + CHUNK] = bytes(len(expected[place : place + CHUNK]))
    file = WithoutChunks(io.BytesIO(octets), places)
    assert file.seek(since) == since
    assert file.read(size) == bytes(expected[since : since + size if size >= 0 else None])
    assert file.tell() == min(since + (size if size >= 0 else SIZE), max(since, SIZE))
