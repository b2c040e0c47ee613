"""What the tests of guides share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.guide.importing import import_guide
from analyzer.rules.draft import Draft

Import = Callable[..., Draft]


@pytest.fixture
def read_text(tmp_path: Path) -> Import:
    """Import a guide given as text or octets, under a name that says its kind."""

    def read(content: str | bytes, name: str = "guide.txt", **options: object) -> Draft:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return import_guide(path, **options)  # type: ignore[arg-type]  # the options are import_guide's own

    return read
