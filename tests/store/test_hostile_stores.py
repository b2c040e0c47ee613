"""A store comes from elsewhere, too: nothing in it chooses a path or code, and damage is one clear error."""

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from analyzer.errors import AnalyzerError, CaptureError, StoreError
from analyzer.store.adding import Place, add
from analyzer.store.manifest import known_name
from tests.stores import LAB, evidence_of_store, manifest_at, slices
from tests.systems import WINDOWS, make_fifo, make_link


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two increments of one vantage, in a folder with its captures."""
    folder = tmp_path_factory.mktemp("made")
    for number, piece in enumerate(slices((LAB / "dirty_server.pcap").read_bytes(), [330])):
        (folder / f"ring-{number}.pcap").write_bytes(piece)
        add(folder / "store", [str(folder / f"ring-{number}.pcap")], Place())
    assert len(manifest_at(folder / "store").increments) == 2
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "store", tmp_path / "store"))


def increment_files(store: Path) -> list[Path]:
    """The files that a report needs: of the arrays, those of the last increment."""
    increments = manifest_at(store).increments
    return [
        store / "increments" / increment.key / name
        for increment in increments
        for name in increment.files
        if (increment is increments[-1] or name != "state.npz") and not name.startswith("reachable.")
    ]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _content: b"",
    "longer": lambda content: content + b"\0",
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_file_that_is_changed_is_named(name: str, store: Path) -> None:
    for path in increment_files(store):
        content = path.read_bytes()
        path.write_bytes(CHANGES[name](content))
        with pytest.raises(StoreError, match=r"damaged|cannot be read") as caught:
            evidence_of_store(store)
        assert str(path) in str(caught.value)
        assert len(caught.value.lines) == 1
        path.write_bytes(content)
    evidence_of_store(store)


def test_every_file_that_is_not_there_is_named(store: Path) -> None:
    for path in increment_files(store):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(StoreError, match=path.name):
            evidence_of_store(store)
        path.write_bytes(content)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*path, number))


def with_value(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = json.loads(json.dumps(data))
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copied


VALUES: tuple[Any, ...] = (
    *(None, -1, 0, 1, 2**62, 2**70, 1.5, True),
    *("", "..", "../../x", "/etc", "a" * 64, "\0", "\ud800", [], {}, [[]]),
)


def test_no_value_of_a_manifest_does_more_than_raise_an_error(store: Path) -> None:
    manifest = store / "manifest.json"
    data = json.loads(manifest.read_bytes())
    random = Random(20)
    found = list(places(data))
    before = sorted(path for path in store.parent.rglob("*"))
    refused = 0
    for _ in range(250):
        changed = with_value(data, random.choice(found), random.choice(VALUES))
        manifest.write_text(json.dumps(changed))
        try:
            evidence_of_store(store)
        except AnalyzerError:
            refused += 1
    assert refused > 100
    assert sorted(path for path in store.parent.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'{"format": 7}', b"{}"])
def test_a_manifest_that_is_none(content: bytes, store: Path) -> None:
    (store / "manifest.json").write_bytes(content)
    for read in (lambda: evidence_of_store(store), lambda: add(store, [str(LAB / "clean_segB.pcap")], Place())):
        with pytest.raises(StoreError, match="damaged"):
            read()


def test_a_store_of_another_version(store: Path) -> None:
    data = json.loads((store / "manifest.json").read_bytes()) | {"format": "dpm-analyzer-store/1", "more": 1}
    (store / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(StoreError, match="made by another version"):
        evidence_of_store(store)


def replace_file(store: Path, name: str, content: bytes) -> None:
    """Put a file into the last increment, and its sums into the manifest."""
    manifest = store / "manifest.json"
    data = json.loads(manifest.read_bytes())
    increment = data["increments"][-1]
    (store / "increments" / increment["key"] / name).write_bytes(content)
    increment["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest.write_text(json.dumps(data))


def last_increment_file(store: Path, name: str) -> bytes:
    key = json.loads((store / "manifest.json").read_bytes())["increments"][-1]["key"]
    return Path(store, "increments", key, name).read_bytes()


class Executed:
    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def bomb() -> bytes:
    """A megabyte that says that it is a large array."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("recent", "pieces", "numbers"):
            packed.writestr(f"{name}.npy", bytes(200 << 20))
    return buffer.getvalue()


def with_column(content: bytes, name: str, change: Callable[[list[Any]], list[Any]]) -> bytes:
    table = parquet.read_table(io.BytesIO(content))
    place = table.column_names.index(name)
    values = change(table.column(name).to_pylist())
    buffer = io.BytesIO()
    parquet.write_table(table.set_column(place, name, pa.array(values)), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["pickle", "bomb", "shape", "type", "missing", "text"])
def test_arrays_with_right_sums(form: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recent, pieces = np.zeros((4096, 5), dtype=np.int64), np.zeros((4096, 10), dtype=np.int64)
    numbers = np.zeros(4, dtype=np.int64)
    forms: dict[str, Callable[[], bytes]] = {
        "pickle": lambda: npz(recent=np.array([Executed()], dtype=object), pieces=pieces, numbers=numbers),
        "bomb": bomb,
        "shape": lambda: npz(recent=recent[:9], pieces=pieces, numbers=numbers),
        "type": lambda: npz(recent=recent.astype(np.float64), pieces=pieces, numbers=numbers),
        "missing": lambda: npz(recent=recent, pieces=pieces),
        "text": lambda: b"PK\3\4 and nothing else",
    }
    replace_file(store, "state.npz", forms[form]())
    with pytest.raises(StoreError, match=r"state\.npz: damaged"):
        evidence_of_store(store)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("flows.parquet", "orig_chain", lambda old: [1 << 30] * len(old)),
        ("flows.parquet", "orig_state", lambda old: [-7] * len(old)),
        ("flows.parquet", "line", lambda old: list(range(1 << 20, (1 << 20) + len(old)))),
        ("flows.parquet", "line", lambda old: [-1 - number for number in range(len(old))]),
        ("flows.parquet", "line", lambda old: old[::-1]),
        ("flows.parquet", "line", lambda old: list(range(len(old)))),
        ("flows.parquet", "capture", lambda old: [99] * len(old)),
        ("flows.parquet", "addr0", lambda old: ["x"] * len(old)),
        ("flows.parquet", "addr0", lambda old: [None] * len(old)),
        ("flows.parquet", "addr0", lambda old: [1.5] * len(old)),
        ("marks.parquet", "flow", lambda old: [1 << 40] * len(old)),
        ("marks.parquet", "octets", lambda old: [b"x" * 5000] * len(old)),
        ("marks.parquet", "octets", lambda old: ["x"] * len(old)),
        ("marks.parquet", "side", lambda old: [2] * len(old)),
        ("marks.parquet", "captured", lambda old: [size + 1 for size in old]),
        ("marks.parquet", "payload", lambda old: [-1] * len(old)),
    ],
)  # fmt: skip
def test_columns_with_right_sums(name: str, column: str, values: Any, store: Path) -> None:
    replace_file(store, name, with_column(last_increment_file(store, name), column, values))
    with pytest.raises(StoreError, match="damaged"):
        evidence_of_store(store)


def test_facts_with_right_sums(store: Path) -> None:
    facts = json.loads(last_increment_file(store, "captures.json"))
    for path in places(facts):
        for value in (*VALUES[:2], {"code": "no-such-code", "values": {}}):
            replace_file(store, "captures.json", json.dumps(with_value(facts, path, value)).encode())
            try:
                evidence_of_store(store)
            except StoreError as error:
                assert "captures.json: damaged" in str(error)  # noqa: PT017 - some values are as good as others


def test_links_are_not_followed(store: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(store / "increments", outside)
    shutil.rmtree(store / "increments")
    make_link(store / "increments", outside)
    (outside / "letter").touch()
    kept = sorted(outside.rglob("*"))
    for use in (lambda: evidence_of_store(store), lambda: add(store, [str(LAB / "clean_segB.pcap")], Place())):
        with pytest.raises(StoreError, match="damaged"):
            use()
    assert sorted(outside.rglob("*")) == kept


@pytest.mark.parametrize("name", ["manifest.json", "lock"])
def test_a_link_in_the_place_of_a_file(name: str, store: Path, tmp_path: Path) -> None:
    (store / name).rename(tmp_path / "elsewhere")
    make_link(store / name, tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=name):
        evidence_of_store(store)


def test_a_pipe_in_the_place_of_a_file(store: Path) -> None:
    path = increment_files(store)[0]
    path.unlink()
    make_fifo(path)
    with pytest.raises(StoreError, match="damaged"):
        evidence_of_store(store)


def test_another_file_is_never_read_as_a_capture(store: Path, tmp_path: Path) -> None:
    """A manifest names where captures are: what has not their SHA-256 is not read, and a pipe is not opened."""
    special = Path("NUL") if WINDOWS else tmp_path / "pipe"
    if not WINDOWS:
        make_fifo(special)
    manifest = store / "manifest.json"
    data = json.loads(manifest.read_bytes()) | {"increments": [], "sites": []}
    for at in ("/etc/passwd", str(special), str(LAB / "dirty_server.pcap"), "/dev/zero", "\0"):
        for capture in data["captures"]:
            capture["at"] = at
        manifest.write_text(json.dumps(data))
        with pytest.raises(CaptureError, match="the store has to read this capture again, and cannot"):
            evidence_of_store(store)


@pytest.mark.parametrize(
    "name", ["", "..", ".", "a/b", "a\\b", "-x", " x", "x ", "a" * 65, "a\nb", "a\0", "x  y", "\u202ex"]
)
def test_names_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        known_name(name)
    with pytest.raises(StoreError, match="cannot be a name"):
        add(tmp_path / "store", [str(LAB / "clean_segB.pcap")], Place(site=name))
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", ["site", "東京 第2", "branch-07.lan", "_x"])
def test_names_that_can_be_used(name: str) -> None:
    assert known_name(name) == name
