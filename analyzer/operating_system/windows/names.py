"""What Windows makes of a name, as text: nothing here asks the system, so it can be tried on every system.

Microsoft: "Naming Files, Paths, and Namespaces".
"""

import ntpath
import re

_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
"""Names of devices, in any folder, with any ending."""
_NEVER = re.compile(r'[<>:"|?*\x00-\x1f]')
_LONG = 180
"""Letters from which on a name is given in its long form: a folder's may have 247, a file's 259, and what is below a
folder has longer names."""
_LONG_FORM, _LONG_FORM_OF_SHARE = "\\\\?\\", "\\\\?\\UNC\\"
_PLAIN = re.compile(r"[\w:.\\/+-]+")
_NAMESPACES = ("\\\\?\\", "\\\\.\\")


def reserved_name(path: str) -> str:
    """Why Windows does not take a path for the one that is written; an empty text if it does. The path may begin with
    a drive or a share."""
    if path.startswith(_NAMESPACES):
        return ""  # Windows takes it as it is
    _, rest = ntpath.splitdrive(path)
    for name in re.split(r"[\\/]", rest):
        if name in ("", ".", ".."):
            continue
        if _DEVICES.fullmatch(name):
            return f"Windows keeps the name {name} for a device"
        if name.endswith((".", " ")):
            return f"Windows drops the point or space at the end of {name!r}"
        if _NEVER.search(name):
            return f"{name!r} has a character that Windows does not take in names"
    return ""


def is_long(absolute: str) -> bool:
    """Whether an absolute path, or one of a file below it, may be too long for the usual form."""
    return len(absolute) >= _LONG and not absolute.startswith(_NAMESPACES)


def long_form(absolute: str) -> str:
    """An absolute path in the form that may have 32 thousand letters."""
    path = ntpath.normpath(absolute)
    return _LONG_FORM_OF_SHARE + path[2:] if path.startswith("\\\\") else _LONG_FORM + path


def quoted_word(word: str, stand_in: str) -> str:
    """A word as cmd.exe and PowerShell take it; ``stand_in``, where no quotes help."""
    if _PLAIN.fullmatch(word):
        return word
    return stand_in if set(word) & set('"%$`') else f'"{word}"'
