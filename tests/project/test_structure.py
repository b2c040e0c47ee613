"""What the structure of the package promises and import-linter cannot see."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.kernel import loading
from tests.program import ROOT

PACKAGE = ROOT / "analyzer"


def modules() -> Iterator[tuple[str, Path]]:
    """(dotted name, file) of every module of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_flows_reads_records_by_slot() -> None:
    outside = [
        (module, name)
        for module, path in modules()
        if not module.startswith("analyzer.flows.")
        for name in imports(path)
        if name.startswith("analyzer.flows.kernel")
    ]
    assert outside == []


def test_kernels_are_compiled_with_nothing_but_kernels() -> None:
    """Their cache's key is the text of these folders, so nothing else may be compiled into them."""
    rooms = ("analyzer.kernel", "analyzer.capture.kernel", "analyzer.flows.kernel")
    taken = [
        (module, name)
        for module, path in modules()
        if module.startswith(rooms[1:])
        for name in imports(path)
        if name.startswith("analyzer.") and not name.startswith(rooms)
    ]
    assert taken == []


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, of which the kernels' cache folder is told."""
    copied = tmp_path / "analyzer"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__", "templates"))
    monkeypatch.setattr(loading, "__file__", str(copied / "kernel" / "loading.py"))
    return copied


@pytest.mark.parametrize(
    ("changed", "anew"),
    [
        ("capture/frame.py", False),
        ("capture/recognition.py", False),
        ("capture/sources/window.py", False),
        ("flows/table.py", False),
        ("flows/conn_state.py", False),
        ("capture/kernel/frame_slots.py", True),
        ("capture/kernel/ip.py", True),
        ("flows/kernel/record.py", True),
        ("flows/kernel/tcp.py", True),
        ("kernel/intrinsics.py", True),
    ],
)
def test_what_makes_kernels_compile_anew(copy: Path, changed: str, anew: bool) -> None:
    before = loading.cache_folder()
    with (copy / changed).open("a", encoding="utf-8") as file:
        file.write("# another sentence\n")
    assert (loading.cache_folder() != before) == anew
