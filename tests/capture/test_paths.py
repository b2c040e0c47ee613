"""The parts of paths, from which captures get their names."""

import os
from pathlib import Path

import pytest

from analyzer.capture.sources.find import parts_of


@pytest.mark.parametrize("path", ["/a", "/a/b.pcap", "/", "//a/b", "/a b/\udc80.pcap", "C:\\a\\b.pcap", "/東京/x"])
def test_the_parts_are_those_of_pathlib(path: str) -> None:
    whole = os.path.normpath(path)
    assert parts_of(whole) == Path(whole).parts
