"""The version of a program, asked for once: tshark takes as long to print it as to dissect a small capture."""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analyzer.user_cache import kept_folder

_MACHINE_CODE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
"""How programs begin that are no scripts: on Linux and macOS."""
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")


@dataclass(frozen=True)
class ProgramFile:
    """A program as a file: another one at the same place is another program."""

    path: str
    inode: int = 0
    size: int = 0
    changed: int = 0

    @classmethod
    def at(cls, path: str) -> "ProgramFile":
        try:
            found = Path(path).stat()
        except OSError:
            return cls(path)
        return cls(path, found.st_ino, found.st_size, found.st_mtime_ns)

    def known_version(self) -> str:
        """Its version, if it was asked for before: by this process, or by an earlier one of this user."""
        if self not in _VERSIONS and (kept := self._kept()) is not None:
            with suppress(OSError, UnicodeDecodeError):
                text = kept.read_text(encoding="ascii")
                if _VERSION.fullmatch(text):
                    _VERSIONS[self] = text
        return _VERSIONS.get(self, "")

    def keep_version(self, version: str) -> None:
        """Remember its version. A script is asked by each process: what it starts may change while it does not."""
        if _VERSIONS.get(self) == version:
            return
        _VERSIONS[self] = version
        if (kept := self._kept()) is not None:
            with suppress(OSError):
                new = kept.with_suffix(".new")
                new.touch(mode=0o600)  # whatever the umask: what a group may write is not read
                new.write_text(version, encoding="ascii")
                new.replace(kept)

    def _kept(self) -> Path | None:
        """The file that keeps its version for other processes; None if there is none for it."""
        try:
            with Path(self.path).open("rb") as file:
                is_script = not file.read(4).startswith(_MACHINE_CODE)
        except OSError:
            return None
        folder = None if is_script else kept_folder("programs")
        name = hashlib.sha256(repr(self).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return folder / name if folder else None


_VERSIONS: dict[ProgramFile, str] = {}
