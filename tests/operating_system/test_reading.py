"""Reading up to a limit takes memory for what is there, not for the limit."""

import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.errors import SiteError
from analyzer.guide import process
from analyzer.operating_system.reading import read_at_most
from analyzer.review import process as review_process
from analyzer.store import folder
from analyzer.yaml_source import reading as yaml_reading


class Noting(io.BytesIO):
    """Notes how many octets it is asked for at a time."""

    def __init__(self, content: bytes, asked: list[int | None]) -> None:
        super().__init__(content)
        self.asked = asked

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(size)
        return super().read(size)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
@pytest.mark.parametrize("most", [0, 1, 1 << 20, (1 << 20) + 1, 1 << 40])
def test_as_much_as_there_is_up_to_the_limit(size: int, most: int) -> None:
    asked: list[int | None] = []
    content = os.urandom(size)
    assert read_at_most(Noting(content, asked), most) == content[:most]
    assert all(one is not None and 0 < one <= 1 << 20 for one in asked)


READERS: dict[str, Callable[[Path], object]] = {
    "a file of a store": lambda path: folder.octets_of(path, folder.MOST_MANIFEST),
    "a profile or a rule pack": lambda path: yaml_reading.octets_of(path, SiteError),
    "a guide": process.open_guide,
    "a review workbook": review_process._octets,
}


@pytest.mark.parametrize("name", READERS)
def test_a_small_file_takes_little_memory(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "small", "w") as packed:
        packed.writestr("a", b"text")
    tracemalloc.start()
    try:
        READERS[name](tmp_path / "small")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 << 20
