"""The words of tables of ports: headings, signs, protocols, names of roles; those of ``words.yaml`` and the user's."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analyzer.errors import RulesError
from analyzer.rules.word_file import ProtocolWord, System, Transport, WordFile
from analyzer.values import Role
from analyzer.yaml_source import read, validate

TRANSPORTS: Mapping[str, Transport] = {"tcp": "tcp", "udp": "udp", "icmp": "icmp"}


_PUNCTUATION = re.compile(r"[\s.:;,_'\"`]+")
_SIGN = re.compile(r"\s+")


def normal(text: str) -> str:
    """``text`` with characters of full width as plain ones (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def squeezed(text: str) -> str:
    """``text`` as words are compared: no case, no spaces, no punctuation, no width; long and short サーバ alike."""
    return (
        _PUNCTUATION.sub("", normal(text).casefold())
        .replace("サーバー", "サーバ")
        .replace("コンピューター", "コンピュータ")
    )


def sign(text: str) -> str:
    """``text`` as signs are compared: without spaces and case."""
    return _SIGN.sub("", normal(text).casefold())


@dataclass(frozen=True)
class Words:
    """The words in use, each as it is compared.

    ``headings``: squeezed heading -> kind of column. ``sides``: squeezed word -> side. ``directions``: sign -> left,
    right, both, in or out. ``roles``: squeezed name -> role.
    """

    headings: Mapping[str, str]
    sides: Mapping[str, str]
    automatic: frozenset[str]
    nothing: frozenset[str]
    protocols: Mapping[str, ProtocolWord]
    directions: Mapping[str, str]
    connectives: tuple[str, ...]
    systems: Mapping[str, System]
    roles: Mapping[str, Role]
    beyond: tuple[str, ...]
    sentences: tuple[re.Pattern[str], ...]
    broadcast: tuple[str, ...]
    multicast: tuple[str, ...]
    lexicon: frozenset[str]


BUILT_IN = Path(__file__).parent / "words.yaml"


@lru_cache(maxsize=8)
def load_words(more: tuple[str, ...] = ()) -> Words:
    """The shipped words and those of the files in ``more``; a later file's word takes an earlier one's place.

    Raises:
        RulesError: a file cannot be read, or is wrong.
    """
    return words_with([word_file(Path(path)) for path in more])


def words_with(more: Sequence[WordFile]) -> Words:
    """The shipped words and those of ``more``; a later file's word takes an earlier one's place."""
    files = [_built_in(), *more]
    protocols = {squeezed(word): meaning for file in files for word, meaning in file.protocols.items()}
    roles = {squeezed(name): role for file in files for role, names in file.roles.items() for name in names}
    every = [text for file in files for text in _texts(file)]
    return Words(
        headings=_reversed([file.headings for file in files]),
        sides=_reversed([file.sides for file in files]),
        automatic=frozenset(squeezed(word) or word for file in files for word in file.automatic),
        nothing=frozenset(sign(word) for file in files for word in file.nothing),
        protocols=protocols,
        directions={sign(word): to for file in files for to, words in file.directions.items() for word in words},
        connectives=tuple(word for file in files for word in file.connectives),
        systems={squeezed(word): name for file in files for name, words in file.systems.items() for word in words},
        roles=roles,
        beyond=tuple(normal(word).casefold() for file in files for word in file.beyond),
        sentences=tuple(re.compile(word, re.IGNORECASE) for file in files for word in file.sentences),
        broadcast=tuple(normal(word).casefold() for file in files for word in file.broadcast),
        multicast=tuple(normal(word).casefold() for file in files for word in file.multicast),
        lexicon=frozenset(part.casefold() for text in every for part in re.findall(r"[^\W\d_]+", text)),
    )


@lru_cache(maxsize=1)
def _built_in() -> WordFile:
    return word_file(BUILT_IN)


def word_file(path: Path) -> WordFile:
    """The words in a file.

    Raises:
        RulesError: it cannot be read, or is wrong.
    """
    checked = validate(WordFile, read(path, RulesError), {"version": 1})
    if checked.issues or checked.value is None:
        raise RulesError(list(checked.issues))
    return checked.value


def _reversed(files: Sequence[Mapping[str, tuple[str, ...]]]) -> dict[str, str]:
    return {squeezed(word): kind for file in files for kind, words in file.items() for word in words}


def _texts(file: WordFile) -> list[str]:
    lists = [*file.headings.values(), file.automatic, *file.systems.values(), *file.roles.values()]
    return [text for words in lists for text in words]
