"""Owners and access lists of files, as Windows' security functions give them."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path

from analyzer.operating_system.windows import api

assert sys.platform == "win32"

_FILE_OBJECT = 1
_OWNER, _ACCESS_LIST = 1, 4
_ALLOWED, _DENIED = 0, 1
_INHERIT_ONLY = 0x08
_QUERY, _TOKEN_USER = 0x0008, 1
_EVERYBODY, _ALL_RIGHTS = "S-1-1-0", 0xFFFFFFFF

api.advapi32.GetNamedSecurityInfoW.argtypes = (
    *(wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD),
    *(ctypes.POINTER(ctypes.c_void_p),) * 5,
)
api.advapi32.GetAce.argtypes = (ctypes.c_void_p, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p))
api.advapi32.ConvertSidToStringSidW.argtypes = (ctypes.c_void_p, ctypes.POINTER(wintypes.LPWSTR))
api.advapi32.OpenProcessToken.argtypes = (wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE))
api.advapi32.GetTokenInformation.argtypes = (
    *(wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p),
    *(wintypes.DWORD, ctypes.POINTER(wintypes.DWORD)),
)


class _AccessList(ctypes.Structure):
    """ACL."""

    _fields_ = (
        ("revision", ctypes.c_ubyte),
        ("zero", ctypes.c_ubyte),
        ("size", ctypes.c_ushort),
        ("entries", ctypes.c_ushort),
        ("zeros", ctypes.c_ushort),
    )


class _Entry(ctypes.Structure):
    """The beginning of ACCESS_ALLOWED_ACE; the holder's identifier follows."""

    _fields_ = (
        ("kind", ctypes.c_ubyte),
        ("flags", ctypes.c_ubyte),
        ("size", ctypes.c_ushort),
        ("rights", wintypes.DWORD),
    )


def owner_and_grants(path: Path) -> tuple[str, list[tuple[str, int]]]:
    """The owner of a file or folder, and who has which rights on it; identifiers as text (S-1-...). Raises OSError."""
    with _security(path) as (owner, access):
        return _text(owner), list(_grants(access))


@contextmanager
def _security(path: Path) -> Iterator[tuple[ctypes.c_void_p, ctypes.c_void_p]]:
    owner, access, whole = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    wanted = _OWNER | _ACCESS_LIST
    places = (ctypes.byref(owner), None, ctypes.byref(access), None, ctypes.byref(whole))
    if code := api.advapi32.GetNamedSecurityInfoW(str(path), _FILE_OBJECT, wanted, *places):
        raise ctypes.WinError(code)
    try:
        yield owner, access
    finally:
        api.kernel32.LocalFree(whole)


def _grants(access: ctypes.c_void_p) -> Iterator[tuple[str, int]]:
    if not access:  # without a list everybody may do everything
        yield _EVERYBODY, _ALL_RIGHTS
        return
    for number in range(ctypes.cast(access, ctypes.POINTER(_AccessList)).contents.entries):
        place = ctypes.c_void_p()
        if not api.advapi32.GetAce(access, number, ctypes.byref(place)):
            raise ctypes.WinError(ctypes.get_last_error())
        entry = ctypes.cast(place, ctypes.POINTER(_Entry)).contents
        if entry.flags & _INHERIT_ONLY or entry.kind == _DENIED:
            continue
        # Entries of other kinds hold conditions or further fields: what they grant may be granted to everybody.
        known = entry.kind == _ALLOWED and place.value is not None
        holder = _text(ctypes.c_void_p((place.value or 0) + ctypes.sizeof(_Entry))) if known else _EVERYBODY
        yield holder, int(entry.rights)


def current_user() -> str:
    """The identifier of the user that this process runs for. Raises OSError."""
    token = wintypes.HANDLE()
    if not api.advapi32.OpenProcessToken(api.kernel32.GetCurrentProcess(), _QUERY, ctypes.byref(token)):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        size = wintypes.DWORD()
        api.advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        octets = ctypes.create_string_buffer(size.value)
        if not api.advapi32.GetTokenInformation(token, _TOKEN_USER, octets, size, ctypes.byref(size)):
            raise ctypes.WinError(ctypes.get_last_error())
        # TOKEN_USER begins with the address of the identifier.
        return _text(ctypes.cast(octets, ctypes.POINTER(ctypes.c_void_p)).contents)
    finally:
        api.kernel32.CloseHandle(token)


def _text(identifier: ctypes.c_void_p) -> str:
    text = wintypes.LPWSTR()
    if not api.advapi32.ConvertSidToStringSidW(identifier, ctypes.byref(text)):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        return str(text.value)
    finally:
        api.kernel32.LocalFree(ctypes.cast(text, ctypes.c_void_p))
