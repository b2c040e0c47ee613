"""Rule packs as files: where they are, and what one of them says."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analyzer.errors import RulesError
from analyzer.rules.model import Pack, Source
from analyzer.yaml_source import Checked, Document, octets_of, read_octets, validate

BUILT_IN = "dpm"
"""The id of the table that is in use unless another is given."""

MOST_OCTETS_OF_A_KEPT_PACK = 1 << 20
"""What a larger pack is made of is not kept in memory."""

_STAND_IN = {
    "version": 1,
    "id": "unnamed",
    "kind": "overlay",
    "provenance": {"title": "-", "source": "-"},
}


@dataclass(frozen=True)
class PackFile:
    """A pack with the file that it came from. ``checked.value`` is None where nothing in the file was sound."""

    checked: Checked[Pack]
    source: Source

    @property
    def pack(self) -> Pack | None:
        return self.checked.value


def shipped() -> dict[str, Path]:
    """The packs that come with the program: id -> file, in the order of their ids."""
    here = Path(__file__).parent
    # An installed package carries them inside itself; a source checkout keeps them in its top-level folder.
    folder = next((one for one in (here / "packs", here.parents[1] / "rules") if one.is_dir()), here)
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find(name: str) -> Path:
    """The shipped pack of that id, else the file of that path. A file of the current folder with the name of a shipped
    pack, which a stranger may have put there, is read only by a path that says so (./dpm)."""
    return shipped().get(name) or Path(name)


def digest_of_shipped(name: str) -> str:
    """The SHA-256 of the shipped pack of that id; an empty text where there is none."""
    path = shipped().get(name)
    return read_pack(path).source.sha256 if path else ""


def read_pack(path: Path) -> PackFile:
    """The pack in ``path``; mistakes of its content are in ``checked.issues``.

    Raises:
        RulesError: the file cannot be read, is no YAML, or is a draft that is not confirmed.
    """
    octets = octets_of(path, RulesError)
    return (_kept_pack if len(octets) <= MOST_OCTETS_OF_A_KEPT_PACK else _pack)(path, octets)


def _pack(path: Path, octets: bytes) -> PackFile:
    document = read_octets(str(path), octets, RulesError)
    if is_draft(document):
        raise RulesError([document.issue(("kind",), _UNCONFIRMED)])
    return pack_in(document, path)


# A program that judges many captures, one after the other, reads the same packs each time.
_kept_pack = lru_cache(maxsize=8)(_pack)


def pack_in(document: Document, path: Path) -> PackFile:
    """The pack in the document that was read from ``path``; mistakes of its content are in ``checked.issues``."""
    checked = validate(Pack, document, _STAND_IN)
    rules = checked.value.rules if checked.value else ()
    lines = {rule.id: checked.issue(("rules", index), "").line for index, rule in enumerate(rules)}
    return PackFile(checked, Source(path.name, document.sha256, lines, path in shipped().values()))


_UNCONFIRMED = (
    "this is a draft and cannot be used for judging: confirm its rows with 'dpm-analyzer rules confirm DRAFT' "
    "and use the"
    " overlay that it writes"
)


def is_draft(document: Document) -> bool:
    """Whether a file says that it is a draft."""
    return isinstance(document.data, dict) and document.data.get("kind") == "draft"
