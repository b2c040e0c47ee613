"""Nothing is read beyond the captured octets, even if their content gives a larger length: interpreted and compiled."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture.frame import READ_LINKS, Aside
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from tests.capfile import ether, ip4, ip6, udp
from tests.capture.test_link_layers import FRAMES
from tests.capture.test_tunnels import NO_TUNNELS, TUNNELS
from tests.guarded import Guarded
from tests.program import ROOT

LINKS = sorted({*READ_LINKS, 147, 249})
A, B = "10.0.0.1", "10.0.0.2"
COMPILED_AND_CHECKED = ROOT / "tests" / "capture" / "bounds.py"


def decoded(octets: bytes, link: int, missing: int = 0) -> tuple[int, list[int]]:
    row = [0] * f.ROW_WIDTH
    status = decode(Guarded(octets), 0, len(octets), len(octets) + missing, link, 1, row)
    return status, row[: f.WIDTH]


def check(octets: bytes, link: int, missing: int) -> None:
    status, row = decoded(octets, link, missing)
    assert status in list(Aside)
    if status == f.IN_FLOW:
        assert row[f.VERSION] in {4, 6}
        assert row[f.PAYLEN] >= 0
        assert 0 <= row[f.SPORT] <= 65535
        assert row[f.IPLEN] >= row[f.PAYLEN]


@given(st.sampled_from(LINKS), st.binary(max_size=120), st.sampled_from([0, 1000]))
@settings(deadline=None, max_examples=500)
def test_random_octets(link: int, octets: bytes, missing: int) -> None:
    check(octets, link, missing)


@given(st.sampled_from([*FRAMES.values()]), st.data())
@settings(deadline=None, max_examples=500)
def test_damaged_frames(framed: tuple[int, bytes], data: st.DataObject) -> None:
    link, frame = framed
    check(damaged(frame, data), link, data.draw(st.sampled_from([0, 1000])))


@given(st.sampled_from([*(packet for packet, _ in TUNNELS.values()), *NO_TUNNELS.values()]), st.data())
@settings(deadline=None, max_examples=500)
def test_damaged_tunnels(packet: bytes, data: st.DataObject) -> None:
    check(damaged(packet, data), f.RAW, data.draw(st.sampled_from([0, 1000])))


def damaged(frame: bytes, data: st.DataObject) -> bytes:
    """The frame with a few octets replaced, cut somewhere."""
    octets = bytearray(frame)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)), max_size=4)):
        octets[at] = value
    return bytes(octets[: data.draw(st.integers(0, len(octets)))])


@given(st.binary(max_size=60), st.sampled_from([0, 43, 44, 51, 60, 135]))
@settings(deadline=None, max_examples=300)
def test_random_extension_headers(octets: bytes, first: int) -> None:
    check(ip6("fd00::1", "fd00::2", first, octets, length=0), f.RAW, 0)
    check(ether(ip4(A, B, 51, octets)), f.ETHERNET, 0)


@given(st.sampled_from([4789, 8472, 4790, 6081, 3544, 2152, 4754, 6635]), st.binary(max_size=80))
@settings(deadline=None, max_examples=300)
def test_random_datagrams_to_tunnels_ports(port: int, octets: bytes) -> None:
    check(ip4(A, B, 17, udp(40_000, port, octets)), f.RAW, 0)
    check(ip4(A, B, 47, struct.pack(">H", port) + octets), f.RAW, 0)


@pytest.mark.xdist_group("compiled")
def test_compiled_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    """The samples, and what can be found of public captures, through kernels that check every index."""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(COMPILED_AND_CHECKED)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[0]) > 1000
