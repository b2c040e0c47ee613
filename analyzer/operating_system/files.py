"""Names and places of files: what a system reserves, how long a name may be, and moving a file into its place."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.files import (
        cache_base,
        expanded,
        is_link,
        open_itself,
        reachable,
        remove,
        remove_folder,
        replace,
        reserved,
        settings_of,
        sync_names,
    )
else:
    from analyzer.operating_system.posix.files import (
        cache_base,
        expanded,
        is_link,
        open_itself,
        reachable,
        remove,
        remove_folder,
        replace,
        reserved,
        settings_of,
        sync_names,
    )

__all__ = [
    "cache_base",
    "expanded",
    "is_link",
    "open_itself",
    "reachable",
    "remove",
    "remove_folder",
    "replace",
    "reserved",
    "settings_of",
    "sync_names",
]
