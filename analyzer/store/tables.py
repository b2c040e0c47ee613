"""The tables of the last report of each site, kept in the store as Parquet. Questions are answered from them."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import dataset, parquet

from analyzer.errors import StoreError
from analyzer.report.meta import Host
from analyzer.store.folder import Change, change, checked, locked, read_manifest, tables_folder
from analyzer.store.manifest import ADVICE, KeptTables, Manifest
from analyzer.store.reporting import SiteInquiry

HOST_COLUMNS = ("address", "ip", "mac", "roles", "machine", "segment", "basis", "evidence")
SITE = "site"
"""The first column of every table."""
NAMES = ("flows", "findings", "rows", "boots", "captures", "hosts")
"""The tables, in the order in which they are documented."""


def hosts_frame(hosts: tuple[Host, ...]) -> pd.DataFrame:
    """The hosts of a report as a table; several roles are separated by semicolons."""
    lines = [
        [("; ".join(one.roles) if name == "roles" else getattr(one, name)) for name in HOST_COLUMNS] for one in hosts
    ]
    return pd.DataFrame(lines, columns=list(HOST_COLUMNS), dtype="object")


def parquet_of(site: str, frame: pd.DataFrame) -> bytes:
    """A table as Parquet: times in UTC, durations in seconds, whole numbers, words and texts."""
    columns: dict[str, Any] = {SITE: pa.array([site] * len(frame), pa.string())}
    for name, values in frame.items():
        columns[str(name)] = column_of(values)
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def column_of(values: "pd.Series[Any]") -> Any:
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object:
        return pa.array(values.astype("object"), pa.string(), from_pandas=True)
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        return pa.array(values.dt.total_seconds(), pa.float64(), from_pandas=True)
    return pa.Array.from_pandas(values)


@dataclass(frozen=True)
class NewTables:
    """The tables of a report that is to be the last of its site. ``captures``: those that it is about, by SHA-256;
    ``files``: the octets of each table as Parquet, or where these are."""

    site: str
    captures: tuple[str, ...]
    files: Mapping[str, bytes | Path]


def new_tables(judged: SiteInquiry, frames: Mapping[str, pd.DataFrame]) -> NewTables:
    """The tables of a report."""
    files = {name: parquet_of(judged.site, frames[name]) for name in NAMES}
    return NewTables(judged.site, tuple(one.sha256 for one in judged.captures), files)


def keep_tables(root: Path, tables: Sequence[NewTables]) -> None:
    """Put the tables of reports into the store, all in one step, in the place of those of the sites' last reports.

    Raises:
        StoreError: the store cannot be written.
    """
    with locked(root, writing=True):
        before = read_manifest(root)
        if before is None:
            raise StoreError(f"{root}: the store is empty")
        with change(root, before) as changed:
            kept = tuple(added_tables(changed, one) for one in tables)
            sites = {one.site for one in tables}
            others = (one for one in before.tables if one.site not in sites)
            changed.commit(before.model_copy(update={"tables": (*others, *kept)}))


def added_tables(changed: Change, tables: NewTables) -> KeptTables:
    """Write the tables of a report aside."""
    folder = token_hex(32)
    place = tables_folder(KeptTables(site=tables.site, folder=folder, captures=(), files={}))
    octets = {
        f"{name}.parquet": one.read_bytes() if isinstance(one, Path) else one for name, one in tables.files.items()
    }
    sums = changed.add(place, octets)
    return KeptTables(
        site=tables.site,
        folder=folder,
        captures=tables.captures,
        files={name: sums[f"{name}.parquet"] for name in NAMES},
    )


def read_tables(root: Path, manifest: Manifest, names: Sequence[str] = NAMES) -> dict[str, Any]:
    """These tables of all sites that have a report, as Arrow tables by their names.

    Raises:
        StoreError: no site has a report, or a file is damaged.
    """
    return {name: decoded(root, one) for name, one in open_tables(root, manifest, names).items()}


def read_table(root: Path, kept: KeptTables, name: Any) -> Any:
    """A table of one site as an Arrow table. Raises StoreError: its file is damaged."""
    return decoded(root, open_table(root, kept, name))


def decoded(root: Path, table: Any) -> Any:
    """The Arrow table of a dataset, or of a part of one."""
    try:
        return table.to_table()
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{root}: damaged ({str(error)[:200]}); {ADVICE}") from error


def open_tables(root: Path, manifest: Manifest, names: Sequence[str] = NAMES) -> dict[str, Any]:
    """The same as Arrow datasets. Their files are in memory as they are stored; a question decodes the columns that it
    needs.

    Raises:
        StoreError: no site has a report, or a file is damaged.
    """
    if not manifest.tables:
        raise StoreError(
            f"{root}: no site was judged yet: questions are answered from reports; make one with store report"
        )
    kept = sorted(manifest.tables, key=lambda one: one.site)
    opened = {}
    for name in names:
        parts = [open_table(root, one, name) for one in kept]
        schema = pa.unify_schemas([part.physical_schema for part in parts], promote_options="default")
        opened[name] = dataset.FileSystemDataset(parts, schema, parts[0].format)
    return opened


def open_table(root: Path, kept: KeptTables, name: Any) -> Any:
    """A table of one site as the part of a dataset."""
    place = tables_folder(kept)
    content = checked(root, place, f"{name}.parquet", kept.files[name])
    try:
        part = dataset.ParquetFileFormat().make_fragment(pa.BufferReader(content))
        part.ensure_complete_metadata()
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{root / place / name}.parquet: damaged ({str(error)[:200]}); {ADVICE}") from error
    return part


def outdated(manifest: Manifest) -> list[str]:
    """The sites to which captures were added after their last report, or that have none."""
    reported = {kept.site: set(kept.captures) for kept in manifest.tables}
    return [
        site
        for site in manifest.site_names
        if {one.sha256 for one in manifest.of_site(site)} != reported.get(site, set())
    ]
