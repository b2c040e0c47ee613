"""Folders for files that are trusted when they are read again: no other user can have written into them."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.private_folders import close_to_others, make_private, problem_of_folder
else:
    from analyzer.operating_system.posix.private_folders import close_to_others, make_private, problem_of_folder

__all__ = ["close_to_others", "make_private", "problem_of_folder"]
