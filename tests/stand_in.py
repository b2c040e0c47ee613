"""Programs for tests that take the place of others: written in Python, started like any program of the system."""

import io
import sys
import zipfile
from pathlib import Path

import pytest


def stand_in(folder: Path, name: str, source: str) -> Path:
    """A program of that name in ``folder`` that runs ``source``, with the words of its command in ``sys.argv``.

    On Windows it is a small program that starts Python, as pip makes them: two processes, of which the first one ends
    with the second.
    """
    if sys.platform != "win32":
        path = folder / name
        path.write_text(f"#!{sys.executable}\n{source}\n", encoding="utf-8")
        path.chmod(0o755)
        return path
    launchers = pytest.importorskip("pip._vendor.distlib", reason="pip, which has the launcher, is not installed")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", source)
    launcher = Path(launchers.__file__).with_name("t64.exe").read_bytes()
    path = folder / f"{name}.exe"
    path.write_bytes(launcher + f"#!{sys.executable}\r\n".encode() + packed.getvalue())
    return path
