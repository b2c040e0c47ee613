"""The captures of a store, where they have to be read again.

The paths are in the manifest, which strangers may have written. So nothing is read there but the capture itself: a file
of its size whose SHA-256 is that of the manifest.
"""

import stat
from hashlib import file_digest
from pathlib import Path

from analyzer.errors import CaptureError
from analyzer.store.manifest import StoredCapture


def require_original(capture: StoredCapture) -> None:
    """Raises CaptureError unless the capture is where it was found last, and unchanged."""
    path = Path(capture.at)
    try:
        state = path.stat()
        known = stat.S_ISREG(state.st_mode) and state.st_size == capture.size
        if known:
            with path.open("rb") as file:
                known = file_digest(file, "sha256").hexdigest() == capture.sha256
        why = "it is another file now"
    except (OSError, ValueError) as error:
        known, why = False, getattr(error, "strerror", None) or str(error)
    if not known:
        raise CaptureError(
            f"{capture.at}: the store has to read this capture again, and cannot ({why}): "
            "add it from where an unchanged copy is"
        )
