"""A store gives what reading all its captures at once gives: in any slices, in any order, in one step or in several."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import pipeline
from analyzer.compliance.budget import DEFAULT_BUDGET
from analyzer.flows.assembler import Watch
from analyzer.flows.options import ReadOptions
from analyzer.judging_terms import terms_of
from analyzer.report import to_json
from analyzer.site import load_site
from analyzer.store import adding
from analyzer.store.adding import Place, add
from analyzer.store.reporting import Selection, judge_site
from analyzer.store.site_captures import store_watch
from tests import capfile as cap
from tests.capfile import Ends, converse, datagram
from tests.stores import LAB, assert_same, evidence_at_once, evidence_of_store, manifest_at, slices

NAMES = ("dirty_server", "dirty_segA", "dirty_segB")


def traffic(random: Random, begin: int) -> bytes:
    """Connections, datagrams, copies, DHCP and TFTP over half an hour, from ``begin`` seconds on."""
    records = []
    for number in range(40):
        at = cap.START + (begin + random.randrange(1800)) * 10**9
        ends = Ends(orig_p=10_000 + number % 9, resp_p=random.choice((80, 56030)))
        records += converse(random.choice(("ShADadFfa", "S", "Sr", "ShAD")), ends, isn=(number, 7), at=at, step=10**9)
        again = datagram(Ends(orig_p=6000, resp_p=2000), bytes(random.randrange(9)), at=at)
        records += [again, again._replace(ts=again.ts + 3_000_000)]
        records.append(
            datagram(Ends(orig_p=5000 + number % 3, resp_p=random.choice((67, 69, 4011))), b"\1" * 20, at=at)
        )
    return cap.pcap(sorted(records, key=lambda record: record.ts))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_slices_in_any_order_of_arrival(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("captures")
    random = Random(data.draw(st.integers(0, 5), label="traffic"))
    paths = []
    for vantage in range(data.draw(st.integers(1, 3), label="vantages")):
        content = traffic(random, vantage * data.draw(st.integers(0, 2000), label="begin"))
        cuts = data.draw(st.lists(st.integers(0, 500), max_size=5), label="cuts")
        for number, piece in enumerate(slices(content, cuts)):
            paths.append(folder / f"place{'ABC'[vantage]}-{number:03}.pcap")
            # Pieces without a frame have one content, and a store has each content once.
            if len(piece) > 24:
                paths[-1].write_bytes(piece)
            else:
                paths.pop()
    order = data.draw(st.permutations(paths), label="order")
    borders = sorted(data.draw(st.sets(st.integers(1, len(order)), max_size=4), label="steps") | {len(order)})
    store = folder / "store"
    for start, stop in zip([0, *borders], borders, strict=False):
        add(store, [str(path) for path in order[start:stop]], Place())
    whole = evidence_at_once(paths)
    assert_same(evidence_of_store(store), whole)
    none_kept = Watch(store_watch().ports, 0)
    assert_same(evidence_of_store(store, none_kept), evidence_at_once(paths, none_kept))


def lab_slices(folder: Path, seed: int) -> list[Path]:
    """The lab's captures in slices, in the order in which they arrive."""
    random = Random(seed)
    paths = []
    for name in NAMES:
        content = (LAB / f"{name}.pcap").read_bytes()
        for number, piece in enumerate(slices(content, [random.randrange(1, 400) for _ in range(3)])):
            if len(piece) > 24:
                paths.append(folder / f"{name}-{number}.pcap")
                paths[-1].write_bytes(piece)
    random.shuffle(paths)
    return paths


@pytest.mark.parametrize("dissect", [False, True])
def test_the_report_has_the_octets_of_analyze(dissect: bool, tmp_path: Path) -> None:
    paths = lab_slices(tmp_path, 1 + dissect)
    store = tmp_path / "store"
    for path in paths:
        add(store, [str(path)], Place())
    budget = DEFAULT_BUDGET if dissect else None
    site = LAB / "site.yaml"
    terms = terms_of((), load_site(site), (), budget, (), ())
    judged = judge_site(store, Selection(), terms)
    whole = pipeline.analyze(paths, site=site, dissect=dissect)
    assert to_json(judged.inquiry.report) == to_json(whole)


def test_other_options_of_reading(tmp_path: Path) -> None:
    paths = lab_slices(tmp_path, 3)
    options = ReadOptions(outer=True, resync=True)
    add(tmp_path / "store", [str(path) for path in paths], Place(), options)
    assert_same(evidence_of_store(tmp_path / "store", options=options), evidence_at_once(paths, options=options))


def test_more_flows_than_the_limit(tmp_path: Path) -> None:
    """The limit is for all vantages together, in the order of the captures: the captures are read again."""
    paths = lab_slices(tmp_path, 4)
    add(tmp_path / "store", [str(path) for path in paths], Place())
    options = ReadOptions(max_flows=30)
    whole = evidence_at_once(paths, options=options)
    assert any(capture.beyond for capture in whole.captures)
    assert_same(evidence_of_store(tmp_path / "store", options=options), whole)


def test_frames_of_a_table_that_the_store_does_not_keep(tmp_path: Path) -> None:
    paths = lab_slices(tmp_path, 5)
    add(tmp_path / "store", [str(path) for path in paths], Place())
    watch = Watch(store_watch().ports | {53, 5353}, store_watch().payloads)
    assert_same(evidence_of_store(tmp_path / "store", watch), evidence_at_once(paths, watch))


def test_a_folder_with_files_that_are_no_captures(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    folder.mkdir()
    paths = lab_slices(folder, 6)
    (folder / "empty.pcap").touch()
    (folder / "text.pcapng").write_text("not a capture")
    added = add(tmp_path / "store", [str(folder)], Place())
    assert (added.new, added.left_out) == (len(paths), 2)
    whole = evidence_at_once([folder])
    assert len(whole.unread) == 2
    assert_same(evidence_of_store(tmp_path / "store"), whole)
    (folder / "empty.pcap").write_bytes(slices((LAB / "clean_segB.pcap").read_bytes(), [5])[0])
    assert add(tmp_path / "store", [str(folder)], Place()).new == 1
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once([folder]))


def test_steps_of_a_large_addition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = lab_slices(tmp_path, 7)
    monkeypatch.setattr(adding, "MOST_OF_A_STEP", 2)
    assert add(tmp_path / "store", [str(path) for path in paths], Place()).new == len(paths)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_few_increments_however_many_additions(tmp_path: Path) -> None:
    content = (LAB / "dirty_server.pcap").read_bytes()
    store = tmp_path / "store"
    paths = []
    for number, piece in enumerate(slices(content, range(5, 330, 12))):
        paths.append(tmp_path / f"ring-{number:03}.pcap")
        paths[-1].write_bytes(piece)
        add(store, [str(paths[-1])], Place())
    assert len(paths) > 20
    assert len(manifest_at(store).increments) <= 6
    assert sorted(path.name for path in (store / "increments").iterdir()) == sorted(
        one.key for one in manifest_at(store).increments
    )
    assert_same(evidence_of_store(store), evidence_at_once(paths))
