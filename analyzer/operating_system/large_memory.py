"""Memory that is too large for this machine: kept in a file without a name, and given back where it is not needed."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.large_memory import DeletedFile as NamelessFile
    from analyzer.operating_system.windows.large_memory import give_back, is_on_disk, resident_of_files
else:
    from analyzer.operating_system.posix.large_memory import NamelessFile, give_back, is_on_disk, resident_of_files

__all__ = ["NamelessFile", "give_back", "is_on_disk", "resident_of_files"]
