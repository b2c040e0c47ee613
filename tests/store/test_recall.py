"""Adding a capture reads only the records that its frames can find, and the result is that of reading all captures."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from analyzer.errors import StoreError
from analyzer.kernel.loading import KernelMode
from analyzer.store import reachable, site_captures
from analyzer.store.adding import Place, add
from analyzer.store.reachable import ReachableRecords
from tests import capfile as cap
from tests.capfile import Ends, Record, converse, datagram, ether_of, icmp, ip, ip4
from tests.store.test_hostile_stores import CHANGES, npz, replace_file
from tests.stores import LAB, assert_same, evidence_at_once, evidence_of_store, manifest_at, slices

SECOND = 10**9


def in_vlan(record: Record, vlan: int) -> Record:
    frame = record.frame
    return record._replace(frame=frame[:12] + b"\x81\0" + vlan.to_bytes(2) + frame[12:])


def in_pieces(name: int, at: int) -> list[Record]:
    """A datagram in three fragments, twenty seconds apart."""
    body = cap.udp(7000, 7001, bytes(464))
    records = []
    for number, start in enumerate(range(0, len(body), 160)):
        packet = ip4(
            "10.0.0.1", "10.0.0.2", cap.UDP, body[start : start + 160], fragment=start // 8 | (start < 320) << 13
        )
        packet = packet[:4] + name.to_bytes(2) + packet[6:]
        records.append(Record(at + number * 20 * SECOND, ether_of(packet)))
    return records


def traffic(random: Random) -> list[Record]:
    """Whatever needs an earlier flow: connections of one tuple in several VLANs, tuples that recur, datagrams in
    fragments, and ICMP errors and replies long after what they are about."""
    records = []
    for number in range(24):
        at = cap.START + number * 25 * SECOND
        ends = Ends(orig_p=10_000 + number % 5)
        for vlan in range(random.randrange(1, 4)):
            talk = converse(
                "ShADadFfA", ends, isn=(10**8 * (vlan + 1), 7 * 10**8 + number), at=at + vlan, step=11 * SECOND
            )
            records += [in_vlan(record, 10 + vlan) for record in talk]
        sent = datagram(Ends(orig_p=5000 + number % 3, resp_p=69), bytes(number % 7), at=at)
        quoted = icmp(3, 3, sent.frame[14:42])
        records += [sent, Record(at + 70 * SECOND, ether_of(ip("10.0.0.2", "10.0.0.1", cap.ICMP, quoted), back=True))]
        echo = icmp(8, rest=number % 2)
        records.append(Record(at, ether_of(ip("10.0.0.1", "10.0.0.2", cap.ICMP, echo))))
        unanswered = icmp(3, 1, ip("10.0.0.1", "10.0.0.2", cap.ICMP, icmp(0, rest=1)))
        records.append(Record(at + 5, ether_of(ip("10.0.0.9", "10.0.0.1", cap.ICMP, unanswered))))
        records += in_pieces(number, at)
    return sorted(records, key=lambda record: record.ts)


def ring(folder: Path, seed: int) -> list[Path]:
    """The traffic in the files of a ring buffer."""
    random = Random(seed)
    content = cap.pcap(traffic(random))
    paths = []
    for number, piece in enumerate(slices(content, [random.randrange(500) for _ in range(14)])):
        if len(piece) > 24:
            paths.append(folder / f"ring-{number:03}.pcap")
            paths[-1].write_bytes(piece)
    return paths


@pytest.mark.parametrize(
    "interpreted", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_one_capture_after_the_other(
    interpreted: bool, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_captures, "kernel_mode_for", lambda _octets: KernelMode(interpreted, fixed=True))
    monkeypatch.setattr(reachable, "BLOCK", 4)
    monkeypatch.setattr(reachable, "MOST_BLOCKS", 3)
    paths = ring(tmp_path, seed)
    for path in paths:
        add(tmp_path / "store", [str(path)], Place())
    whole = evidence_at_once(paths)
    assert_same(evidence_of_store(tmp_path / "store"), whole)
    records = whole.table.records
    assert len(paths) > 8
    assert len(records) > 60


def test_a_capture_that_is_late(tmp_path: Path) -> None:
    paths = ring(tmp_path, 3)
    for path in (*paths[:3], *paths[4:], paths[3]):
        add(tmp_path / "store", [str(path)], Place())
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def busy(folder: Path, number: int, tuples: Sequence[int]) -> Path:
    """A capture with a flow of each of these ports, ten minutes after the one before."""
    at = cap.START + number * 600 * SECOND
    path = folder / f"ring-{number}.pcap"
    path.write_bytes(cap.pcap([datagram(Ends(orig_p=port), at=at + port) for port in tuples]))
    return path


def test_only_the_blocks_that_are_needed_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All flows of an earlier increment can be damaged but those of one block, as long as it stays as it is."""
    store = tmp_path / "store"
    first = busy(tmp_path, 0, range(1000, 2000))
    add(store, [str(first)], Place())
    (increment,) = manifest_at(store).increments
    assert increment.reachable == 1000
    folder = store / "increments" / increment.key
    flows = (folder / "flows.parquet").read_bytes()
    (folder / "flows.parquet").unlink()
    blocks: list[bytes] = []
    unpacked = ReachableRecords._unpacked

    def counted(part: ReachableRecords, content: bytes, count: int) -> Any:
        blocks.append(content)
        return unpacked(part, content, count)

    monkeypatch.setattr(ReachableRecords, "_unpacked", counted)
    second = busy(tmp_path, 1, [1003, 1017])
    add(store, [str(second)], Place())
    assert len(blocks) == 1
    (folder / "flows.parquet").write_bytes(flows)
    assert_same(evidence_of_store(store), evidence_at_once([first, second]))


def test_flows_that_no_frame_finds_any_more_are_not_in_blocks(tmp_path: Path) -> None:
    paths = [busy(tmp_path, number, range(1000, 1040)) for number in range(20)]
    for path in paths:
        add(tmp_path / "store", [str(path)], Place())
    increments = manifest_at(tmp_path / "store").increments
    assert increments[-1].flows == 20 * 40
    assert sum(increment.reachable for increment in increments) <= 40 * len(increments)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one capture, to which the next one is added."""
    for number, piece in enumerate(slices((LAB / "dirty_server.pcap").read_bytes(), [330])):
        (tmp_path / f"ring-{number}.pcap").write_bytes(piece)
    add(tmp_path / "store", [str(tmp_path / "ring-0.pcap")], Place())
    return tmp_path / "store"


def add_next(store: Path) -> None:
    add(store, [str(store.parent / "ring-1.pcap")], Place())


@pytest.mark.parametrize("name", ["reachable.npz", "reachable.bin"])
@pytest.mark.parametrize("change", [*sorted(CHANGES), "away"])
def test_a_file_that_is_changed_is_named(name: str, change: str, store: Path) -> None:
    (increment,) = manifest_at(store).increments
    path = store / "increments" / increment.key / name
    content = path.read_bytes()
    path.unlink()
    if change != "away":
        path.write_bytes(CHANGES[change](content) if change != "a bit" else bytes([content[0] ^ 1]) + content[1:])
    before = (store / "manifest.json").read_bytes()
    with pytest.raises(StoreError, match=rf"{name}.*(damaged|cannot be read)") as caught:
        add_next(store)
    assert len(caught.value.lines) == 1
    assert (store / "manifest.json").read_bytes() == before


def index_of(store: Path) -> dict[str, Any]:
    (increment,) = manifest_at(store).increments
    with np.load(store / "increments" / increment.key / "reachable.npz") as loaded:
        return dict(loaded)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("entries", lambda old: old[::-1]),
        ("entries", lambda old: old + (1 << 30)),
        ("entries", lambda old: old[:-1]),
        ("ends", lambda old: old - 1),
        ("ends", lambda old: old * 0),
        ("ends", lambda old: old.astype(np.float64)),
        ("sums", lambda old: old ^ 1),
    ],
)
def test_an_index_with_right_sums(name: str, change: object, store: Path) -> None:
    arrays = index_of(store)
    assert callable(change)
    replace_file(store, "reachable.npz", npz(**(arrays | {name: change(arrays[name])})))
    with pytest.raises(StoreError, match="damaged"):
        add_next(store)


def test_records_with_right_sums_that_no_assembler_writes(store: Path) -> None:
    arrays = index_of(store)
    count = len(arrays["entries"])
    lines = arrays["entries"] & 0xFFFFFFFF
    for value in (-9, 1 << 61):
        records = np.full((count, 104), value, dtype=np.int64)
        for name, content in reachable.reachable_files(arrays["entries"] >> 32, lines, records).items():
            replace_file(store, name, content)
        with pytest.raises(StoreError, match=r"reachable\.bin: damaged"):
            add_next(store)
