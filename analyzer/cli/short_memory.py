"""Memory that is not enough: how the system and the libraries say it, and the sentence for the user."""

import errno

_NOT_MAPPED = ("failed to map segment", "cannot map zero-fill pages", "Cannot allocate memory")
"""What the loader of shared libraries says then. It gives no number, and its texts are never translated here."""

WITH_MANY_FLOWS = frozenset({"analyze", "flows"})
"""The commands whose memory --max-flows bounds."""


def is_short(error: BaseException | None) -> bool:
    """Whether an error, or one that it followed, says that there is no memory left."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        no_library = isinstance(error, ImportError) and any(text in str(error) for text in _NOT_MAPPED)
        no_room = isinstance(error, OSError) and error.errno == errno.ENOMEM
        if isinstance(error, MemoryError) or no_library or no_room:
            return True
        error = error.__cause__ or error.__context__
    return False


def sentence(command: str | None) -> str:
    """What the user can do about it. ``command``: the one that was called."""
    if command in WITH_MANY_FLOWS:
        return "not enough memory for these captures: analyse fewer at once, or lower --max-flows"
    return "not enough memory: let the program use more, or give it less at once"
