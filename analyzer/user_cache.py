"""What this program keeps for its next run: a folder in the user's cache, which no other user can have written into."""

from pathlib import Path

from analyzer.operating_system.files import cache_base
from analyzer.operating_system.private_folders import make_private, problem_of_folder


def user_cache() -> Path:
    """The folder of this program in the user's cache. Raises OSError and RuntimeError where there is no such place."""
    # Links on the way are followed once. What they lead to is checked, and used.
    return cache_base().resolve() / "dpm-analyzer"


def kept_folder(name: str) -> Path | None:
    """Folder ``name`` of the user's cache; None if it cannot be made, or if another user could have written into it."""
    try:
        folder = user_cache() / name
        make_private(folder)
        return None if problem_of_folder(folder) else folder
    except (OSError, RuntimeError):
        return None
