"""The window on a stream: how often it moves octets."""

import gzip
from pathlib import Path

import pytest

from analyzer.capture.containers.reader import chunks
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Window
from analyzer.kernel.loading import Pace
from tests import capfile as cap

BLOCK = 3 << 20


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_a_large_block_is_moved_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, lasting: bool
) -> None:
    """A compressed stream gives its octets in small pieces. Moved at each piece, they would take quadratic time."""
    moved = 0
    make_room = Window._make_room

    def counted(window: Window, octets: int) -> None:
        nonlocal moved
        moved += window.left
        make_room(window, octets)

    monkeypatch.setattr(Window, "_make_room", counted)
    frame = cap.datagram(cap.Ends(orig_p=5000, resp_p=53))
    content = cap.section("<") + cap.interface(1, "<") + cap.block(0xBAD, bytes(BLOCK), "<") + cap.packet(frame, "<")
    path = tmp_path / "large.pcapng"
    path.write_bytes(gzip.compress(content) if packed else content)
    source = open_source(str(path), path.name)
    try:
        window = Window(source, Pace(interpreted=True, fixed=True), lasting=lasting)
        assert sum(chunk.count for chunk in chunks(window)) == 1
    finally:
        source.close()
    assert moved < 2 * BLOCK
