"""Who can write into a folder, by Windows' access lists."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("Windows has access lists; tests/hostile/test_cache.py is for modes", allow_module_level=True)

from analyzer.operating_system.private_folders import make_private, problem_of_folder
from analyzer.operating_system.windows import access


def test_the_user_has_an_identifier() -> None:
    assert access.current_user().startswith("S-1-5-21-")


def test_a_file_has_an_owner_and_grants(tmp_path: Path) -> None:
    owner, grants = access.owner_and_grants(tmp_path)
    assert owner.startswith("S-1-5-")
    assert all(holder.startswith("S-1-") and 0 < rights <= 0xFFFFFFFF for holder, rights in grants)
    with pytest.raises(FileNotFoundError):
        access.owner_and_grants(tmp_path / "nothing")


GRANTS = {
    "to write": ("cache", 0x2),
    "to append": ("cache/inner", 0x4),
    "to delete": ("cache/inner/kernel.nbi", 0x10000),
    "to change the list": ("cache/inner/kernel.nbi", 0x40000),
    "to delete what is in the parent": ("", 0x40),
    "everything, on the parent": ("", 0x1F01FF),
}
EVERYBODY, ME = "S-1-1-0", "S-1-5-21-1-2-3-1000"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, for which every access list gives everything to its owner only."""
    folder = tmp_path / "cache"
    make_private(folder / "inner")
    (folder / "inner" / "kernel.nbi").write_bytes(b"")
    monkeypatch.setattr(access, "current_user", lambda: ME)
    monkeypatch.setattr(access, "owner_and_grants", lambda _path: (ME, [(ME, 0x1F01FF)]))
    return folder


@pytest.mark.parametrize("name", GRANTS)
def test_a_folder_that_others_could_have_written_is_refused(
    cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert problem_of_folder(cache) == ""
    place, rights = GRANTS[name]
    where = cache.parent / place

    def given(path: Path) -> tuple[str, list[tuple[str, int]]]:
        return ME, [(ME, 0x1F01FF), *([(EVERYBODY, rights)] if path == where else [])]

    monkeypatch.setattr(access, "owner_and_grants", given)
    assert problem_of_folder(cache) == f"{where} is writable by other users"


def test_a_folder_of_another_user_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "owner_and_grants", lambda _path: ("S-1-5-21-9-9-9-1001", []))
    assert "belongs to another user" in problem_of_folder(cache)


def test_others_may_read_and_make_folders_beside_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(path: Path) -> tuple[str, list[tuple[str, int]]]:
        return ME, [(EVERYBODY, 0x1200A9 | (0x4 if path in cache.parents else 0))]

    monkeypatch.setattr(access, "owner_and_grants", given)
    assert problem_of_folder(cache) == ""


def test_a_junction_is_refused(cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = subprocess.run(
        ["cmd.exe", "/c", "mklink", "/J", str(cache / "linked"), str(elsewhere)], capture_output=True, check=False
    )
    if made.returncode or not (cache / "linked").lstat().st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
        pytest.skip("no junction can be made here")
    assert "is a link or a junction" in problem_of_folder(cache)
