"""Words of a POSIX shell."""

import shlex
import sys

assert sys.platform != "win32"


def quoted(word: str, stand_in: str) -> str:
    """A word as the shell takes it; ``stand_in``, where no quotes help."""
    del stand_in
    return shlex.quote(word)
