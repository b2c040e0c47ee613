"""Text from captures and profiles, made safe to show: it can contain any character."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def visible(text: str) -> str:
    """``text`` with every character that is not printed as itself written as an escape (``\\x1b``, ``\\u202e``).

    Control characters, terminal escapes, bidirectional overrides, zero-width and other format characters, lone
    surrogates and every space but the plain one. Letters of any script stay.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def visible_texts(texts: Sequence[str]) -> Sequence[str]:
    """The texts as ``visible`` has them; if all are printed as themselves, as in most columns, nothing is copied."""
    return texts if all(map(str.isprintable, texts)) else list(map(visible, texts))


def clip(text: str, length: int) -> str:
    """``text`` made visible and cut to ``length`` characters, the cut shown as an ellipsis."""
    shown = visible(text[: length + 1])
    return shown if len(text) <= length and len(shown) <= length else shown[: length - 1] + "…"


def suggestion(word: str, known: Iterable[str]) -> str:
    """``did you mean 'shutdown'? `` for a word that is nearly one of ``known``; nothing where none is near."""
    names = {name.casefold(): name for name in sorted(known)}
    near = get_close_matches(word.casefold(), names, n=1)
    return f"did you mean {names[near[0]]!r}? " if near else ""


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
