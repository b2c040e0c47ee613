"""The manifest: what counts in a store. Everything else in its folder was left by a writer that was stopped."""

import json
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analyzer.errors import StoreError
from analyzer.flows.options import ReadOptions
from analyzer.messages import Message, from_data
from analyzer.messages.english import sentence

FORMAT: Literal["dpm-analyzer-store/2"] = "dpm-analyzer-store/2"
MOST = (1 << 62) - 1
MOST_NAME = 64
"""Letters of the name of a site or a vantage."""
DEFAULT_SITE = "site"

Count = Annotated[int, Field(ge=0, le=MOST, strict=True)]
Time = Annotated[int, Field(ge=-1, le=MOST, strict=True)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def known_name(name: str) -> str:
    """The name of a site or a vantage. Raises ValueError for one that cannot be used."""
    if not 1 <= len(name) <= MOST_NAME or not re.fullmatch(r"\w[\w.-]*(?: [\w.-]+)*", name):
        raise ValueError(
            f"{name[:MOST_NAME]!r} cannot be a name: use at most {MOST_NAME} letters, digits, '.', '-' and '_', with "
            "single spaces between words"
        )
    return name


def problem_message(data: Any) -> Any:
    """A message with a sentence, as JSON has it. Raises ValueError for anything else."""
    one = from_data(data)
    if not isinstance(one, Message):
        raise ValueError("not a message")
    try:
        sentence(one)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("a message without words") from error
    return data


Name = Annotated[str, AfterValidator(known_name)]
Vantage = Annotated[str, AfterValidator(lambda name: name and known_name(name))]


class StoredForm(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSum(StoredForm):
    """A file of the store: its octets and its SHA-256."""

    size: Count
    sha256: Hash


class StoredCapture(StoredForm):
    """A capture. ``path``: where it was when it was added, which its name in reports is made of; ``at``: where it was
    found last. ``shown``: how many parts of the path its name has at least. ``first``: the time of the first frame
    in the file; ``begin``, ``end``: its earliest and latest time; -1 without one."""

    site: Name
    vantage: Vantage = ""
    path: str
    at: str
    shown: Annotated[int, Field(ge=1, le=4096)]
    size: Count
    sha256: Hash
    first: Time
    begin: Time = -1
    end: Time = -1


class LeftOut(StoredForm):
    """A file of a folder that could not be read when the folder was added, and why."""

    site: Name
    path: str
    shown: Annotated[int, Field(ge=1, le=4096)]
    problem: Annotated[Any, AfterValidator(problem_message)]


IncrementFile = Literal[
    "flows.parquet", "marks.parquet", "captures.json", "state.npz", "reachable.npz", "reachable.bin"
]


class Increment(StoredForm):
    """What captures added to a chain. ``parent``: the increment before it, None for the first of a chain.
    ``captures``: their SHA-256 in order. ``flows``: of the chain after it; ``lines``: how many of these it adds or
    changes; ``reachable``: how many of those later frames can find; ``marks``: the frames that it keeps."""

    key: Hash
    parent: Hash | None
    captures: tuple[Hash, ...] = Field(min_length=1)
    flows: Count
    lines: Count
    reachable: Count
    marks: Count
    files: dict[IncrementFile, FileSum]


class SiteChains(StoredForm):
    """The chains of a site, by the keys of their last increments."""

    site: Name
    chains: tuple[Hash, ...]


class KeptTables(StoredForm):
    """The tables of the last report of a site. ``captures``: those that it is about, by SHA-256."""

    site: Name
    folder: Hash
    captures: tuple[Hash, ...]
    files: dict[Literal["flows", "findings", "rows", "boots", "captures", "hosts"], FileSum]


class Manifest(StoredForm):
    """``version``: of the program that wrote it last. ``outer``, ``resync``: how captures are read."""

    format: Literal["dpm-analyzer-store/2"] = FORMAT
    version: str
    outer: bool = ReadOptions.outer
    resync: bool = ReadOptions.resync
    captures: tuple[StoredCapture, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    increments: tuple[Increment, ...] = ()
    sites: tuple[SiteChains, ...] = ()
    tables: tuple[KeptTables, ...] = ()

    def of_site(self, site: str) -> list[StoredCapture]:
        """The captures of a site."""
        return [capture for capture in self.captures if capture.site == site]

    @property
    def site_names(self) -> list[str]:
        """The names of all sites, sorted."""
        return sorted({capture.site for capture in self.captures})

    def as_text(self) -> str:
        """The manifest as JSON, in ASCII: names of files may contain octets that are no text."""
        return json.dumps(self.model_dump(), ensure_ascii=True, separators=(",", ":"), sort_keys=True) + "\n"


def manifest_of(content: bytes, shown: str) -> Manifest:
    """The manifest of a store. ``shown``: its path, for errors.

    Raises:
        StoreError: it is damaged, contradicts itself, or is of another version.
    """
    try:
        data = json.loads(content)
        form = data.get("format") if isinstance(data, dict) else None
        if isinstance(form, str) and form != FORMAT and form.startswith("dpm-analyzer-store/"):
            raise StoreError(
                f"{shown}: this store was made by another version ({form}); make it again from its captures"
            )
        manifest = Manifest.model_validate(data)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{shown}: {damage_of(error)}; {ADVICE}") from error
    if problem := contradiction(manifest):
        raise StoreError(f"{shown}: damaged ({problem}); {ADVICE}")
    return manifest


ADVICE = "make the store again from its captures"


def damage_of(error: ValueError | RecursionError) -> str:
    """What is wrong with a manifest, in a few words."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"damaged ({'.'.join(map(str, first['loc']))[:80]}: {first['msg']})"
    return "damaged (it is not JSON)"


def contradiction(manifest: Manifest) -> str:
    """What contradicts itself in a manifest; an empty text if nothing does."""
    captures = [(capture.site, capture.sha256) for capture in manifest.captures]
    increments = {increment.key: increment for increment in manifest.increments}
    if len(set(captures)) < len(captures) or len(increments) < len(manifest.increments):
        return "something is listed twice"
    for increment in manifest.increments:
        if problem := contradiction_of_increment(increment, increments):
            return problem
    if any(key not in increments for site in manifest.sites for key in site.chains):
        return "a chain without its increment"
    folders = [kept.folder for kept in manifest.tables]
    if len(set(folders)) < len(folders) or any(len(kept.files) != 6 for kept in manifest.tables):
        return "tables"
    return cycle_in(increments)


def contradiction_of_increment(increment: Increment, increments: dict[str, Increment]) -> str:
    """The same of one increment; ``increments``: all, by their keys."""
    parent = increments.get(increment.parent) if increment.parent else None
    if increment.parent and parent is None:
        return "an increment without the one before it"
    new = increment.flows - (parent.flows if parent else 0)
    if not 0 <= new <= increment.lines <= increment.flows or increment.reachable > increment.lines:
        return "the flows of an increment"
    return "the parts of an increment" if len(increment.files) != len(get_args(IncrementFile)) else ""


def cycle_in(increments: dict[str, Increment]) -> str:
    """Whether an increment comes before itself."""
    ending: set[str] = set()
    for key in increments:
        passed: set[str] = set()
        at: str | None = key
        while at is not None and at not in ending:
            if at in passed:
                return "an increment before itself"
            passed.add(at)
            at = increments[at].parent
        ending |= passed
    return ""
