"""An assembler that continues a checkpoint gives what one assembler gives that read everything."""

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture.sources.find import find_captures
from analyzer.flows import checkpoint as checkpoints
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.checkpoint import (
    Checkpoint,
    checkpoint_of,
    continued,
    kept_frames,
    problem_of_checkpoint,
    renumbered,
)
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import MarkedFrames, joined
from analyzer.flows.options import ReadOptions
from analyzer.flows.packed import PackedLines
from analyzer.flows.reading.capture_groups import CaptureGroup
from analyzer.flows.reading.reader import Reader
from analyzer.flows.reading.workers import WorkerPool
from analyzer.flows.record_forms import problem_of_marks, problem_of_records
from analyzer.kernel.loading import KernelMode
from tests import capfile as cap
from tests.capfile import Ends, converse, datagram
from tests.program import ROOT

WATCH, OPTIONS = Watch(frozenset({67, 69}), 40), ReadOptions(max_flows=100_000)


def traffic() -> list[cap.Record]:
    """What has to be known later: connections under way, copies, datagrams in pieces, silence, ICMP errors, and a
    budget of first payloads that ends."""
    records = []
    for number in range(60):
        ends = Ends(orig_p=10_000 + number % 23, resp_p=80 + number % 3)
        records += converse("ShADadFfa", ends, isn=(number, 7 * number), at=cap.START + number * 10**9, step=10**9)
        records.append(datagram(Ends(orig_p=5000 + number % 5, resp_p=69), bytes(number % 7), at=cap.START + number))
        again = datagram(Ends(orig_p=6000, resp_p=2000), b"again", at=cap.START + number * 20 * 10**9)
        records += [again, again._replace(ts=again.ts + 5_000_000)]
    return sorted(records, key=lambda record: record.ts)


def read(
    paths: list[Path], *, interpreted: bool, continues: bool, watch: Watch = WATCH
) -> tuple[Checkpoint, MarkedFrames]:
    """All captures in one assembler, or each in one of its own that continues a checkpoint."""
    mode = KernelMode(interpreted, fixed=True)
    reader = Reader(mode, watch, OPTIONS, False, lambda _name, _octets: None, WorkerPool(1))
    group = CaptureGroup(1, Assembler(mode, watch), "")
    kept: list[MarkedFrames] = []
    for number, path in enumerate(paths):
        if continues and number:
            kept.append(kept_frames(group.assembler))
            before = checkpoint_of(group.assembler)
            assert problem_of_checkpoint(before, number) == ""
            copied = Checkpoint(
                before.records.copy(), before.recent.copy(), before.pieces.copy(),
                before.seed, before.budget, before.kept_octets, before.marks_dropped,
            )  # fmt: skip
            group = CaptureGroup(1, continued(mode, watch, OPTIONS, copied), "")
        reader.read_capture(number, find_captures([str(path)])[0], group, OPTIONS.max_flows)
    kept.append(kept_frames(group.assembler))
    return checkpoint_of(group.assembler), joined(kept)


def slices(records: list[cap.Record], cuts: list[int], folder: Path) -> list[Path]:
    paths = []
    for number, (start, stop) in enumerate(zip([0, *cuts], [*cuts, len(records)], strict=True)):
        path = folder / f"part-{number:03}.pcap"
        path.write_bytes(cap.pcap(records[start:stop]))
        paths.append(path)
    return paths


def outcome(read_so_far: tuple[Checkpoint, MarkedFrames], captures: int) -> tuple[PackedLines, list[object], int]:
    found = renumbered(*read_so_far, np.arange(captures))
    return found.records, list(found.marks), found.marks_dropped


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_checkpoint_between_any_two_captures_changes_nothing(data: st.DataObject, tmp_path: Path) -> None:
    records = traffic()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6), label="cuts"))
    paths = slices(records, cuts, tmp_path)
    whole = outcome(read(paths, interpreted=True, continues=False), len(paths))
    continues = outcome(read(paths, interpreted=True, continues=True), len(paths))
    assert np.array_equal(whole[0], continues[0])
    assert whole[1:] == continues[1:]


@pytest.mark.xdist_group("compiled")
def test_compiled_kernels_continue_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = traffic()
    paths = slices(records, [100, 200, 400], tmp_path)
    whole = outcome(read(paths, interpreted=True, continues=False), len(paths))
    monkeypatch.setattr(checkpoints, "COMPILED_FROM", 10)
    monkeypatch.setattr(checkpoints, "FEW", 10)
    for interpreted in (False, True):
        continues = outcome(read(paths, interpreted=interpreted, continues=True), len(paths))
        assert np.array_equal(whole[0], continues[0])
        assert whole[1:] == continues[1:]


SAMPLES = sorted((ROOT / "sample_pcaps").rglob("*.pcap*"))
assert SAMPLES


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_state_of_a_sample_is_valid(path: Path) -> None:
    known, kept = read([path], interpreted=True, continues=False)
    assert problem_of_checkpoint(known, 1) == ""
    assert problem_of_marks(np.asarray(kept.lines), len(known.records), 1) == ""


def test_first_payloads_are_left_out_as_if_they_had_not_been_kept(tmp_path: Path) -> None:
    paths = slices(traffic(), [150], tmp_path)
    with_payloads = renumbered(*read(paths, interpreted=True, continues=True), np.arange(2), first_payloads=False)
    without = renumbered(*read(paths, interpreted=True, continues=True, watch=replace(WATCH, payloads=0)), np.arange(2))
    assert with_payloads.marks == without.marks
    assert np.array_equal(with_payloads.records, without.records)
    assert without.marks


@pytest.mark.parametrize(
    ("slot", "value", "problem"),
    [
        (r.F_SIDE + r.S_CHAIN, 4, "chain"),
        (r.F_SIDE + r.SIDE_WIDTH + r.S_BESIDE, 1 << 40, "chain"),
        (r.F_SIDE + r.S_STATE, 8, "orig_state"),
        (r.F_SIDE + r.SIDE_WIDTH + r.S_STATE, -1, "resp_state"),
        (r.F_LETTERS, 37, "letters"),
        (r.F_LETTERS, -1, "letters"),
        (r.F_HISTORY1, 25, "history"),
        (r.F_CAPTURE, 9, "capture"),
        (r.F_ERR_CAPTURE, 9, "capture"),
        (r.F_VERSION, 5, "version"),
        (r.F_BASIS, 7, "basis"),
        (r.F_ADDR1, 1 << 32, "addr1"),
    ],
)
def test_a_record_that_no_assembler_writes_is_refused(slot: int, value: int, problem: str, tmp_path: Path) -> None:
    known, _ = read(slices(traffic(), [], tmp_path), interpreted=True, continues=False)
    records = known.records.copy()
    assert problem_of_records(records, 1) == ""
    records[3, slot] = value
    assert problem_of_records(records, 1) == problem


def test_a_key_that_is_not_that_of_the_ends_is_refused(tmp_path: Path) -> None:
    known, _ = read(slices(traffic(), [], tmp_path), interpreted=True, continues=False)
    known.records[3, r.F_PORTS] += 1
    assert problem_of_checkpoint(known, 1) == "kind"


def test_fragments_of_a_flow_that_is_not_there_are_refused(tmp_path: Path) -> None:
    known, _ = read(slices(traffic(), [], tmp_path), interpreted=True, continues=False)
    known.pieces[0, r.PIECE_FLOW] = len(known.records) + 1
    assert problem_of_checkpoint(known, 1) == "pieces"


def test_random_numbers_in_records_never_reach_a_kernel(tmp_path: Path) -> None:
    """What is not refused can be continued: with indexes checked, no kernel leaves its arrays."""
    paths = slices(traffic(), [200], tmp_path)
    known, _ = read(paths[:1], interpreted=True, continues=False)
    random = Random(20)
    accepted = 0
    for _ in range(120):
        records, pieces = known.records.copy(), known.pieces.copy()
        slot = random.randrange(r.WIDTH)
        records[random.randrange(len(records)), slot] = random.choice((-2, -1, 0, 1, 3, 9, 1 << 20, 1 << 33, 1 << 61))
        pieces[random.randrange(len(pieces)), random.randrange(r.PIECE_WIDTH)] = random.choice((-1, 0, 1, 2, 1 << 33))
        changed = replace(known, records=records, pieces=pieces)
        if problem_of_checkpoint(changed, 1):
            continue
        accepted += 1
        mode = KernelMode(interpreted=True, fixed=True)
        group = CaptureGroup(1, continued(mode, WATCH, OPTIONS, changed), "")
        reader = Reader(mode, WATCH, OPTIONS, False, lambda _name, _octets: None, WorkerPool(1))
        reader.read_capture(1, find_captures([str(paths[1])])[0], group, OPTIONS.max_flows)
    assert accepted > 20
