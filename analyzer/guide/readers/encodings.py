"""Octets as text: UTF-8, UTF-16 with its mark, or the encoding of Japanese Windows."""

import re

from analyzer.guide import limits
from analyzer.guide.readers.refusal import UnreadableError

_DECLARED = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,30})", re.IGNORECASE)
_KNOWN = {"utf-8": "utf-8", "utf8": "utf-8", "shift_jis": "cp932", "shift-jis": "cp932", "windows-31j": "cp932",
          "x-sjis": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp", "iso-8859-1": "cp1252",
          "windows-1252": "cp1252", "us-ascii": "utf-8"}  # fmt: skip


def decoded(octets: bytes, *, html: bool = False) -> str:
    """The text of ``octets``.

    Raises:
        UnreadableError: it is none of the encodings that are known here.
    """
    if len(octets) > limits.MAX_TEXT_OCTETS:
        raise UnreadableError(f"it is larger than {limits.MAX_TEXT_OCTETS >> 20} MiB: give the part with the table")
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    else:
        declared = _DECLARED.search(octets[:4096]) if html else None
        named = _KNOWN.get(declared[1].decode("ascii").casefold()) if declared else None
        tried = [*([named] if named else []), "utf-8-sig", "cp932", "euc_jp"]
    for encoding in tried:
        try:
            text = octets.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text:
            return text
    raise UnreadableError("this is no text in UTF-8, UTF-16 or Shift_JIS: save it as UTF-8, or give the PDF itself")
