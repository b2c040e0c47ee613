"""The functions of a kernel module as they are, or compiled by numba.

A kernel module has plain functions over integers, byte buffers and integer arrays. Small captures run them as they
are, so that they wait for no compiler and never import numba; large ones run copies of the same functions,
compiled, that call one another compiled.
"""

import atexit
import hashlib
import os
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeVar

from analyzer.local_settings import ignored
from analyzer.operating_system.private_folders import close_to_others, make_private, problem_of_folder
from analyzer.user_cache import user_cache

Function = TypeVar("Function", bound=Callable[..., Any])

Octets = Sequence[int]
"""A buffer that is read: bytes, a memoryview of octets, or an array of them."""


class IntRow(Protocol):
    """A row of 64-bit integers: an array, or a memoryview of one."""

    def __getitem__(self, at: int, /) -> int: ...
    def __setitem__(self, at: int, value: int, /) -> None: ...


class IntTable(Protocol):
    """A table of 64-bit integers."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, at: tuple[int, int], /) -> int: ...
    def __setitem__(self, at: tuple[int, int], value: int, /) -> None: ...


IntRows = Sequence[IntRow]
"""Lines of one width: a table, or a list of memoryviews."""


class IntCube(Protocol):
    """A table of four dimensions that is read."""

    def __getitem__(self, at: tuple[int, int, int, int], /) -> int: ...


_INLINED = "compiled_into_its_callers"


def inlined(function: Function) -> Function:
    """A decorator for a kernel's function that every frame goes through: compiled, it becomes part of its callers."""
    setattr(function, _INLINED, True)
    return function


_LEFT_OUT = "not_compiled_for_plain_frames"


def left_out(slot: int, value: int, answer: Any) -> Callable[[Function], Function]:
    """A decorator for a kernel's function with a row as its last argument. Where kernels are compiled for plain frames,
    it only writes ``value`` into that slot and answers ``answer``."""

    def mark(function: Function) -> Function:
        setattr(function, _LEFT_OUT, (slot, value, answer))
        return function

    return mark


_SOURCES = ("kernel/*.py", "capture/kernel/*.py", "flows/kernel/*.py")
"""The files whose text compiled kernels depend on: the kernels, and the constants that they are compiled with."""
PLAIN = "_of_plain_frames"
OCTETS = "analyzer.capture.kernel.octets"


_COMPILING = RLock()
"""One thread at a time compiles: two at the same time would compile everything twice."""


class Compiled:
    """The functions of a kernel module, each compiled when it is called first."""

    def __init__(self, name: str, *, plain: bool) -> None:
        self._name, self._plain = name, plain

    def __getattr__(self, key: str) -> Any:
        with _COMPILING:
            if key not in vars(self):
                setattr(self, key, _callable(self._name, key, plain=self._plain))
        return vars(self)[key]


@cache
def compiled(name: str, *, plain: bool = False) -> Compiled:
    """The functions of kernel module ``name``, compiled lazily (``nogil``, kept on disk where that is possible).

    Functions that they call are compiled with them; ``plain``: but for those that are left out.
    """
    return Compiled(name, plain=plain)


def _callable(name: str, key: str, *, plain: bool) -> Any:
    """Function ``key`` of kernel module ``name``, as Python calls it."""
    with ignored():
        import numba  # noqa: PLC0415 - half a second that small captures must not pay

        from analyzer.kernel import compiling  # noqa: PLC0415 - as above

    value = getattr(import_module(name), key)
    if not isinstance(value, types.FunctionType):
        return value
    copy = _copy(value, _parts(value.__module__, plain=plain))
    if plain:
        copy.__qualname__ += PLAIN  # numba keeps what is compiled by this name
    with _cache_folder(numba.config) as keep:
        return compiling.whole(copy, keep=keep)


@cache
def _parts(name: str, *, plain: bool) -> dict[str, Any]:
    """The names of kernel module ``name``: each function as kernels call it."""
    from analyzer.kernel import compiling  # noqa: PLC0415 - numba, as above

    scope: dict[str, Any] = {}
    swift = _loads() if name == OCTETS and not is_checked() else {}
    for key, value in vars(import_module(name)).items():
        if key in swift:
            scope[key] = swift[key]
        elif not isinstance(value, types.FunctionType) or value.__module__ == __name__:
            scope[key] = value
        elif plain and hasattr(value, _LEFT_OUT):
            scope[key] = compiling.part(_stand_in(*getattr(value, _LEFT_OUT)), forceinline=True)
        elif value.__module__ == name:
            scope[key] = compiling.part(_copy(value, scope), forceinline=hasattr(value, _INLINED))
        else:
            scope[key] = _parts(value.__module__, plain=plain)[key]
    return scope


def _stand_in(slot: int, value: int, answer: Any) -> types.FunctionType:
    """What takes the place of a function that is left out."""

    def undecided(*given: Any) -> Any:
        given[-1][slot] = value
        return answer

    assert isinstance(undecided, types.FunctionType)
    return undecided


def _copy(function: types.FunctionType, scope: dict[str, Any]) -> types.FunctionType:
    """The function, with other functions behind the names that it uses."""
    copy = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return copy


def is_in_use(name: str) -> bool:
    """Whether functions of kernel module ``name`` were compiled, or loaded, by this process already."""
    return any(not key.startswith("_") for plain in (False, True) for key in vars(compiled(name, plain=plain)))


@cache
def interpreted(name: str) -> types.SimpleNamespace:
    """The functions of kernel module ``name`` as they are."""
    return types.SimpleNamespace(**vars(import_module(name)))


@dataclass
class KernelMode:
    """Whether the kernels run interpreted, as they are, or compiled.

    The mode may change between two chunks, since both work on the same arrays. ``fixed``: it must not change.
    ``seldom``: so many frames that are not plain are interpreted before the functions for all frames are compiled.
    """

    interpreted: bool
    fixed: bool = False
    seldom: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether compiled kernels leave frames undecided that are not plain."""
        return not self.interpreted and self.seldom > 0

    def load(self, name: str) -> Any:
        """The functions of kernel module ``name``."""
        return interpreted(name) if self.interpreted else compiled(name)

    def view(self, array: Any) -> Any:
        """The array in the form that is fastest to read: the items of a memoryview are plain integers."""
        return memoryview(array) if self.interpreted else array

    def lines(self, array: Any) -> Any:
        """The lines of a table, each in the form of ``view``."""
        return [memoryview(line) for line in array] if self.interpreted else array


def cores() -> int:
    """How many processor cores this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_compile() -> bool:
    """Whether numba may compile. If it may not, its copies would do arithmetic on octets instead of integers."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def is_checked() -> bool:
    """Whether compiled kernels check every index; a test sets that."""
    return os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0")


def is_kept(kernel: str = "") -> bool:
    """Whether compiled kernels of this version are on disk already, where they may be used; ``kernel``: this one, as
    "module.function"."""
    try:
        return not problem_of_cache() and any(cache_folder().rglob(f"{kernel}-*.nbi" if kernel else "*.nbi"))
    except (OSError, RuntimeError):
        return False


def problem_of_cache() -> str:
    """Why compiled kernels are neither kept nor loaded; an empty text if they are.

    They are code. So they are loaded only where no other user could have written them.
    """
    try:
        folder = cache_folder()
        make_private(folder)
        return problem_of_folder(folder) or ("" if os.access(folder, os.W_OK) else f"{folder} is not writable")
    except OSError as error:
        return f"{error.filename or 'the cache folder'}: {error.strerror}"
    except RuntimeError:
        return "there is no home folder"


def cache_folder() -> Path:
    """Where compiled kernels are kept: a folder of the user's cache, named by the text of the kernels and of what they
    are compiled with.

    numba notices a change of the file that a function is in, not of the files that it calls into; the name does.
    Raises OSError and RuntimeError where there is no such place.
    """
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for source in sorted(file for pattern in _SOURCES for file in package.glob(pattern)):
        digest.update(source.read_bytes())
    return user_cache() / f"kernels-{digest.hexdigest()[:16]}"


@cache
def _trusted_folder() -> Path | None:
    """The cache folder; None if it may not be used. One check is enough: no other user can write into it later."""
    if problem_of_cache():
        return None
    folder = cache_folder()
    # numba makes files with the user's umask; the next run accepts none that a group may write.
    atexit.register(close_to_others, folder)
    return folder


@contextmanager
def _cache_folder(config: Any) -> Iterator[bool]:
    folder, before = _trusted_folder(), config.CACHE_DIR
    if folder is not None:
        config.CACHE_DIR = str(folder)
    try:
        yield folder is not None
    finally:
        config.CACHE_DIR = before


def _loads() -> dict[str, Any]:
    """The machine's own loads, by the names of the functions of OCTETS that they replace."""
    from analyzer.kernel import intrinsics as loads  # noqa: PLC0415 - it imports numba

    names = ("u16", "u32", "l16", "l32", "fetch", "fetch_from")
    return {name: getattr(loads, name) for name in names}
