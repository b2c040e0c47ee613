"""Two cores find what one finds, and compiled kernels what interpreted ones find."""

import gzip
import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import kernel
from analyzer.capture import scan
from analyzer.capture.window import Window
from analyzer.flows import build
from analyzer.flows.assembler import Watch
from analyzer.flows.build import Evidence, read_captures
from tests import capfile as cap
from tests.capfile import Ends, converse, datagram

COMPILED = pytest.mark.xdist_group("compiled")


@COMPILED
@settings(deadline=None)
@given(st.binary(min_size=8, max_size=64), st.data())
def test_compiled_loads_answer_as_octet_after_octet_does(content: bytes, data: st.DataObject) -> None:
    """Through the functions that are made of them: a load cannot be called by itself."""
    at = data.draw(st.integers(0, len(content) - 8))
    array = np.frombuffer(content, dtype=np.uint8).copy()
    u48 = kernel.compiled("analyzer.capture.octets").u48
    assert u48(array, at) == int.from_bytes(content[at : at + 6], "big")
    compiled = kernel.compiled("analyzer.capture.scan")
    for swapped in (0, 1):
        for name in ("word", "half"):
            assert getattr(compiled, name)(array, at, swapped) == getattr(scan, name)(content, at, swapped)


def traffic() -> list[cap.Record]:
    """Conversations and datagrams, each with a pause long enough to lie in several chunks, and one frame that is larger
    than a chunk's room."""
    records = []
    for number in range(1500):
        ends = Ends(orig_p=10_000 + number % 700, resp_p=80 + number % 3)
        records += converse("ShADadFfa", ends, isn=(number, 7 * number), at=cap.START + number * 10**7, step=10**8)
        records.append(
            datagram(Ends(orig_p=5000 + number % 50, resp_p=69), bytes(number % 1200), at=cap.START + number)
        )
    records.append(datagram(Ends(orig_p=9, resp_p=9), bytes(60_000), at=cap.START))
    return sorted(records, key=lambda record: record.ts)


def evidence(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, cores: int, size: int, interpreted: bool | None
) -> Evidence:
    with monkeypatch.context() as patched:
        patched.setattr(kernel, "cores", lambda: cores)
        patched.setattr(build, "Window", partial(Window, size=size))
        patched.setattr(build, "INTERPRETED_UP_TO", 1 << 16)
        return read_captures([str(path)], watch=Watch(frozenset({69}), 100), interpreted=interpreted, hashed=True)


@COMPILED
@pytest.mark.parametrize("form", ["pcap", "pcapng", "gzip", "cut", "damaged"])
@pytest.mark.parametrize("size", [1 << 12, 1 << 19, 1 << 22])
def test_two_cores_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, size: int) -> None:
    content = cap.pcapng(traffic()) if form == "pcapng" else cap.pcap(traffic())
    if form == "gzip":
        content = gzip.compress(content, mtime=0)
    elif form == "cut":
        content = content[:-7]
    elif form == "damaged":
        content = content[:1_500_000] + b"\xff" * 600 + content[1_500_600:]
    path = tmp_path / "a.cap"
    path.write_bytes(content)
    one = evidence(path, monkeypatch, cores=1, size=size, interpreted=False)
    assert one.captures[0].sha256 == hashlib.sha256(content).hexdigest()
    for cores, interpreted in ((2, False), (2, None), (1, None), (1, True)):
        other = evidence(path, monkeypatch, cores=cores, size=size, interpreted=interpreted)
        assert other.captures == one.captures
        assert np.array_equal(other.table.raw, one.table.raw)
        assert other.table.marks == one.table.marks
    assert len(one.table) > 500
    assert len(one.table.marks) > 500
