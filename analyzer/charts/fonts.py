"""Fonts for letters that DejaVu Sans, which matplotlib brings with it, does not have: names in Japanese, for example.

They are used only for pictures of dots, and only for texts that need them: every other chart has the same octets on
every machine. An SVG has text as text, for which its reader finds a font.

The files are searched for by name in the system's folders. Matplotlib's own list of fonts would not do: it is made
once, and does not have a font that is installed later.
"""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib import font_manager, ft2font
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from analyzer.operating_system.files import is_link

FAMILY = "DejaVu Sans"
FILES = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "NotoSansJP-Regular.otf", "NotoSansJP-Regular.ttf"),
    *("ipaexg.ttf", "ipag.ttf", "TakaoPGothic.ttf", "TakaoGothic.ttf", "VL-Gothic-Regular.ttf"),
    *("YuGothR.ttc", "YuGothM.ttc", "meiryo.ttc", "msgothic.ttc"),
    *("ヒラギノ角ゴシック W3.ttc", "Hiragino Sans GB.ttc", "AppleGothic.ttf", "PingFang.ttc"),
    *(
        "SourceHanSans-Regular.ttc",
        "DroidSansFallbackFull.ttf",
        "wqy-zenhei.ttc",
        "wqy-microhei.ttc",
        "NanumGothic.ttf",
    ),
)
"""Files of fonts with Japanese, Chinese or Korean letters; the first that are found are used."""
MOST_FONTS = 2
"""Fonts that are used beside DejaVu Sans."""
_MOST_DEPTH = 6


def folders() -> list[Path]:
    """The folders in which a system keeps its fonts; none of them depends on the current folder."""
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"]
    places = [Path(name) for name in ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts")]
    places += [Path("/Library/Fonts")]
    with suppress(RuntimeError):
        places += [Path.home() / name for name in (".local/share/fonts", ".fonts", "Library/Fonts")]
    return [place for place in places if place.is_absolute()]


@contextmanager
def fonts_for(figure: Figure) -> Iterator[None]:
    """Within it, the texts of a figure that need another font have it."""
    texts = [text for text in texts_of(figure) if lacking(text.get_text())]
    if not texts:
        yield
        return
    families = [FAMILY, *registered(frozenset(lacking("".join(text.get_text() for text in texts))))]
    before = [(text, text.get_fontfamily()) for text in texts]
    for text in texts:
        text.set_fontfamily(families)
    try:
        yield
    finally:
        for text, family in before:
            text.set_fontfamily(family)


def missing_letters(figure: Figure) -> str:
    """The letters of a figure that no font here has, each once, in order."""
    letters = lacking("".join(text.get_text() for text in texts_of(figure)))
    for path in chosen(frozenset(letters)):
        letters -= letters_of(path)
    return "".join(sorted(letters))


def texts_of(artist: Artist) -> Iterator[Text]:
    """The texts of a figure, without those of an axis that is not drawn: it would make them only for this."""
    if isinstance(artist, Text):
        yield artist
    hidden = (Axis,) if isinstance(artist, Axes) and not artist.axison else ()
    for child in artist.get_children():
        if not isinstance(child, hidden):
            yield from texts_of(child)


def lacking(text: str) -> set[str]:
    """The letters of a text that DejaVu Sans does not have."""
    if text.isascii():
        return set()
    return {letter for letter in text if letter.isprintable()} - letters_of(default_file())


def default_file() -> Path:
    """The file of DejaVu Sans."""
    return Path(str(fontManager.findfont(FAMILY)))


def chosen(letters: frozenset[str]) -> list[Path]:
    """The files of the fonts that are used for these letters: each has some that those before do not have."""
    found: list[Path] = []
    left = set(letters)
    for path in installed(tuple(folders())) if left else ():
        if left & letters_of(path) and len(found) < MOST_FONTS:
            found.append(path)
            left -= letters_of(path)
    return found


def registered(letters: frozenset[str]) -> list[str]:
    """The names of these fonts, known to matplotlib."""
    return [family_of(path) for path in chosen(letters)]


@cache
def family_of(path: Path) -> str:
    fontManager.addfont(path)
    return FT2Font(str(path)).family_name


@cache
def letters_of(path: Path) -> frozenset[str]:
    """All letters that a font has; none if its file cannot be read."""
    try:
        return frozenset(map(chr, FT2Font(str(path)).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return frozenset()


@cache
def installed(places: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files of FILES that are in these folders, in the order of FILES."""
    found: dict[str, Path] = {}
    for path in files_below(places):
        found.setdefault(path.name.casefold(), path)
    return tuple(found[name.casefold()] for name in FILES if name.casefold() in found)


def files_below(places: Iterable[Path], depth: int = 0) -> Iterator[Path]:
    """The files of folders and their subfolders, in the order of their names. Links to folders are not followed."""
    for place in places:
        with suppress(OSError):
            entries = sorted(place.iterdir())
            yield from (path for path in entries if path.is_file())
            if depth < _MOST_DEPTH:
                yield from files_below((path for path in entries if path.is_dir() and not is_link(path)), depth + 1)


class _FontsInMemory:
    """matplotlib's module of fonts for its ``font_manager``, with files that are read once and whole."""

    def __getattr__(self, name: str) -> Any:
        return getattr(ft2font, name)

    def FT2Font(self, file: Any, *arguments: Any, **options: Any) -> FT2Font:  # noqa: N802 - the name of the class
        """A font to draw with, from memory; one that is only asked for its name and place, from its file."""
        draws = "_kerning_factor" in options
        return FT2Font(io.BytesIO(_octets_of(os.fspath(file))) if draws else file, *arguments, **options)


def keep_fonts_in_memory() -> None:
    """From now on, matplotlib draws with fonts from memory, in the whole process. In a file, it would seek and read for
    each letter of a text: 50,000 times for the charts of a small capture."""
    if vars(font_manager).get("ft2font") is ft2font:  # another version of matplotlib may have another name for it
        vars(font_manager)["ft2font"] = _FontsInMemory()


@cache
def _octets_of(path: str) -> bytes:
    return Path(path).read_bytes()
