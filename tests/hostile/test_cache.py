"""Compiled kernels are code: they are loaded only from a folder that no other user could have written into."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.flows.reading.reader import announce_compiling
from analyzer.kernel import loading
from analyzer.operating_system.private_folders import make_private, problem_of_folder
from tests.program import ROOT
from tests.systems import make_fifo, make_link, modes

NOBODY = 65534


def give_away(path: Path) -> None:
    """Give a file to another user, which only root can do."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, NOBODY, NOBODY)


def give_away_with_the_sticky_bit(path: Path) -> None:
    path.chmod(0o1777)
    give_away(path)


def replace_by_link(path: Path) -> None:
    """Move a file or folder elsewhere, and put a link in its place."""
    elsewhere = path.with_name(f"{path.name}-elsewhere")
    path.rename(elsewhere)
    make_link(path, elsewhere)


def replace_by_fifo(path: Path) -> None:
    path.unlink()
    make_fifo(path)


DEFECTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a folder that others may read": ("base/cache", lambda path: path.chmod(0o755)),
    "a folder that others may write": ("base/cache", lambda path: path.chmod(0o777)),
    "a folder of another user": ("base/cache", give_away),
    "a folder that is a link": ("base/cache", replace_by_link),
    "a parent that others may write": ("base", lambda path: path.chmod(0o777)),
    "a parent that the group may write": ("base", lambda path: path.chmod(0o770)),
    "a parent of another user": ("base", give_away),
    "a parent of another user, with the sticky bit": ("base", give_away_with_the_sticky_bit),
    "a file that others may write": ("base/cache/inner/kernel.nbi", lambda path: path.chmod(0o666)),
    "a file that the group may write": ("base/cache/inner/kernel.nbi", lambda path: path.chmod(0o660)),
    "a file of another user": ("base/cache/inner/kernel.nbi", give_away),
    "a file that is a link": ("base/cache/inner/kernel.nbi", replace_by_link),
    "a file that never ends": ("base/cache/inner/kernel.nbi", replace_by_fifo),
    "an inner folder that others may write": ("base/cache/inner", lambda path: path.chmod(0o777)),
    "an inner folder that is a link": ("base/cache/inner", replace_by_link),
}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A private folder with a file in an inner folder."""
    folder = tmp_path / "base" / "cache"
    make_private(folder / "inner")
    (folder / "inner" / "kernel.nbi").write_bytes(b"")
    (folder / "inner" / "kernel.nbi").chmod(0o644)
    return folder


@modes
@pytest.mark.parametrize("name", DEFECTS)
def test_a_folder_that_others_could_have_written_is_refused(cache: Path, name: str) -> None:
    assert problem_of_folder(cache) == ""
    place, damage = DEFECTS[name]
    damage(cache.parents[1] / place)
    assert problem_of_folder(cache).startswith(str(cache.parents[1] / place))


@modes
def test_new_folders_are_private_with_every_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "base" / "cache")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "base", tmp_path / "base" / "cache")] == [0o700] * 2


@modes
def test_a_folder_below_one_with_the_sticky_bit_is_used(cache: Path) -> None:
    cache.parent.chmod(0o1777)
    assert problem_of_folder(cache) == ""


def test_a_link_above_the_cache_is_followed_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = cache.parents[1] / "link"
    make_link(link, cache.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", str(link))
    assert loading.cache_folder().is_relative_to(cache.parent)
    assert loading.problem_of_cache() == ""


def test_a_relative_folder_of_caches_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be in the current folder, which often contains files of other persons."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home" / ".cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", "planted")
    assert loading.cache_folder().is_relative_to(tmp_path / "home" / ".cache")


@modes
def test_verbose_says_that_nothing_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    stages: list[str] = []
    announce_compiling(lambda name, _octets: stages.append(name))
    cache.chmod(0o777)
    announce_compiling(lambda name, _octets: stages.append(name))
    assert stages == [
        "compiling the decoder, once",
        f"compiling the decoder without keeping it: {cache} is writable by other users",
    ]


COMPILE = "from analyzer.kernel.loading import compiled; print(compiled('analyzer.capture.kernel.octets').mix(1, 2))"


@modes
def test_kernels_that_were_compiled_with_any_umask_are_loaded_again(tmp_path: Path) -> None:
    """Many systems have umask 002: then numba's files are open to the group."""
    code = f"import os; os.umask(2); {COMPILE}; from analyzer.kernel import loading; print(loading.problem_of_cache())"
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    tmp_path.chmod(0o700)
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == [""]
    assert list(tmp_path.rglob("*.nbi"))


class Planted:
    """A pickle that runs a command where it is loaded."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


@modes
def test_a_planted_kernel_is_not_run(tmp_path: Path) -> None:
    trace, base = tmp_path / "it ran", tmp_path / "base"
    environment = os.environ | {"XDG_CACHE_HOME": str(base), "PYTHONPATH": str(ROOT)}

    def compile_kernel() -> None:
        subprocess.run([sys.executable, "-c", COMPILE], env=environment, check=True, capture_output=True, timeout=300)

    compile_kernel()
    kept = list(base.rglob("*.nbi"))
    assert kept
    for path in kept:
        path.write_bytes(pickle.dumps(Planted(f"touch '{trace}'")))
    base.chmod(0o777)
    compile_kernel()
    assert not trace.exists()
    # The same file does run where only this user can have written it.
    base.chmod(0o700)
    subprocess.run([sys.executable, "-c", COMPILE], env=environment, check=False, capture_output=True, timeout=300)
    assert trace.exists()
