"""What the tests of guides share."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from analyzer.guide.importing import Import, import_guide
from analyzer.rules.draft import Draft

Reader = Callable[..., Draft]


@pytest.fixture
def read_text(tmp_path: Path) -> Reader:
    """Import a guide given as text or octets, under a name that says its kind."""

    def read(
        content: str | bytes, name: str = "guide.txt", pages: Sequence[int] | None = None, how: Import | None = None
    ) -> Draft:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return import_guide(path, pages, how or Import())

    return read
