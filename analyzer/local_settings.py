"""Libraries that read settings from the current folder are kept from doing so.

The current folder often holds evidence, and so files that strangers chose: matplotlib reads ``matplotlibrc`` there when
it is imported (which can start a program, ``text.usetex``), numba ``.numba_config.yaml``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from analyzer.operating_system.files import settings_of

NAMES = frozenset({"matplotlibrc", ".numba_config.yaml"})
"""The names under which libraries look for settings, relative to the current folder."""

_lock = Lock()
_within = 0
_exists = os.path.exists


@contextmanager
def ignored() -> Iterator[None]:
    """Within it, these names do not exist in the current folder, for any code. Import such a library within it."""
    global _within  # noqa: PLW0603 - how many threads are within; the last one restores what was there
    with _lock:
        _within += 1
        os.path.exists = _exists_elsewhere
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if not _within:
                os.path.exists = _exists


def _exists_elsewhere(path: int | str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> bool:
    return path not in NAMES and _exists(path)


@contextmanager
def no_new_settings_folder(name: str) -> Iterator[None]:
    """Within it, a library may make an empty folder for the user's settings. At the end, it and its new parents are
    removed. ``name``: of the folder in the user's folder of settings."""
    try:
        folder = settings_of(name)
    except RuntimeError:  # no home
        folder = Path()
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    yield
    for path in new:
        with suppress(OSError):
            path.rmdir()
