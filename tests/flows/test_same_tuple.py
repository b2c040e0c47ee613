"""Connections of one tuple that one capture shows at the same time: two networks, or two sides of one device."""

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests import capfile as cap
from tests.capfile import SECOND, START, Ends, Record, converse

FIXED = Ends("10.0.0.1", 56_030, "10.0.0.2", 56_030)
OTHER_MACS = b"\x02\0\0\0\0\x1a", b"\x02\0\0\0\0\x1b"
MILLISECOND = 10**6


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def lines(folder: Path, records: Sequence[Record], *, mode: bool) -> list[dict[str, Any]]:
    """The flows of a capture of two interfaces."""
    ordered = sorted(records, key=lambda record: record.ts)
    content = cap.section() + 2 * cap.interface() + b"".join(map(cap.packet, ordered))
    return cap.lines(cap.read(folder, content, interpreted=mode))


def tagged(record: Record, vlan: int) -> Record:
    frame = record.frame
    return record._replace(frame=frame[:12] + b"\x81\0" + vlan.to_bytes(2) + frame[12:])


def moved(record: Record) -> Record:
    """The frame between the hosts of another network."""
    macs = {cap.CLIENT_MAC: OTHER_MACS[0], cap.SERVER_MAC: OTHER_MACS[1]}
    frame = record.frame
    return record._replace(frame=macs[frame[:6]] + macs[frame[6:12]] + frame[12:])


IN_VLANS = (lambda record: tagged(record, 10), lambda record: tagged(record, 20))
ONE_TAGGED = (lambda record: record, lambda record: tagged(record, 20))
BY_MAC = (lambda record: record, moved)
BY_INTERFACE = (lambda record: record, lambda record: record._replace(interface=1))
PATHS = [IN_VLANS, ONE_TAGGED, BY_MAC, BY_INTERFACE]


@pytest.mark.parametrize("paths", PATHS, ids=["vlans", "one tagged", "macs", "interfaces"])
@pytest.mark.parametrize("apart", [1, 300_000, 1_500_000, 3_500_000])
@pytest.mark.parametrize(
    ("one", "two"),
    [("ShADadFfA", "Sr"), ("Sr", "ShADadFfA"), ("ShADadFfA", "S"), ("ShADadFfA", "ShADDadR"), ("ShAD", "ShADad")],
)
def test_two_networks_at_the_same_time(
    tmp_path: Path, mode: bool, paths: Sequence[Callable[[Record], Record]], apart: int, one: str, two: str
) -> None:
    first = [paths[0](record) for record in converse(one, FIXED, isn=(1000, 9000))]
    second = [paths[1](record) for record in converse(two, FIXED, isn=(900_000_000, 2_000_000_000), at=START + apart)]
    wanted = []
    for number, part in enumerate((first, second)):
        (tmp_path / str(number)).mkdir()
        wanted += lines(tmp_path / str(number), part, mode=mode)
    names = ("orig_h", "orig_p", "conn_state", "history", "orig_pkts", "resp_pkts", "orig_bytes", "vlan")
    found = lines(tmp_path, [*first, *second], mode=mode)
    assert [[line[name] for name in names] for line in found] == [[line[name] for name in names] for line in wanted]


def test_three_networks_at_the_same_time(tmp_path: Path, mode: bool) -> None:
    records = []
    for number in range(3):
        talk = converse("ShADadFfA", FIXED, isn=(10**8 * (number + 1), 10**9 + 10**8 * number), at=START + number * 900)
        records += [tagged(record, 10 + number) for record in talk]
    found = lines(tmp_path, records, mode=mode)
    assert [(line["conn_state"], line["history"]) for line in found] == [("SF", "ShADadFf")] * 3


def test_the_next_connection_on_the_same_path_is_none_beside_it(tmp_path: Path, mode: bool) -> None:
    """An answer with the numbers of the connection before belongs to the one that it answers."""
    earlier = converse("ShAD", FIXED, isn=(1000, 9000))
    later = converse("S", FIXED, isn=(900_000_000, 0), at=START + SECOND)
    answer = converse("ShADa", FIXED, isn=(1000, 9000), at=START + SECOND)[4:]
    found = lines(tmp_path, [*earlier, *later, *answer], mode=mode)
    assert [line["history"] for line in found] == ["ShAD", "Sa"]


def shifted(record: Record, there: int, back: int, after: int) -> Record:
    """The segment on the other side of a device that adds to the numbers of each side."""
    frame = record.frame
    from_orig = frame[26:30] == cap.packed(FIXED.orig)
    adds = (there, back) if from_orig else (back, there)
    numbers = b"".join(
        ((int.from_bytes(frame[at : at + 4]) + add) & 0xFFFFFFFF).to_bytes(4)
        for at, add in zip((38, 42), adds, strict=True)
    )
    ttl = bytes((frame[22] - from_orig,))
    changed = frame[:22] + ttl + frame[23:38] + numbers + frame[46:]
    return moved(record._replace(frame=changed, ts=record.ts + (after if from_orig else -after)))


@pytest.mark.parametrize("letters", ["ShADadFfA", "Sr", "S", "ShAD"])
@pytest.mark.parametrize("numbers", [(77_000_000, 0), (0xF0000000, 123_456_789)])
def test_both_sides_of_a_device_that_changes_numbers_are_one_connection(
    tmp_path: Path, mode: bool, letters: str, numbers: tuple[int, int]
) -> None:
    near = converse(letters, FIXED, step=10 * MILLISECOND)
    far = [shifted(record, *numbers, 2 * MILLISECOND) for record in near]
    (single,) = lines(tmp_path, near, mode=mode)
    (both,) = lines(tmp_path, [*near, *far], mode=mode)
    assert (both["conn_state"], both["history"]) == (single["conn_state"], single["history"])
    assert both["orig_pkts"] + both["resp_pkts"] == 2 * len(near)


def test_a_device_that_lets_nothing_back_leaves_two(tmp_path: Path, mode: bool) -> None:
    near = converse("S", FIXED)
    far = [shifted(record, 5, 6, MILLISECOND) for record in converse("Sh", FIXED, step=10 * MILLISECOND)]
    assert [line["history"] for line in lines(tmp_path, [*near, *far], mode=mode)] == ["S", "Sh"]


def test_the_same_unanswered_request_in_two_networks_is_two(tmp_path: Path, mode: bool) -> None:
    one = [tagged(record, 10) for record in converse("S", FIXED)]
    two = [tagged(record, 20) for record in converse("S", FIXED, isn=(900_000_000, 5), at=START + MILLISECOND)]
    assert [line["vlan"] for line in lines(tmp_path, [*one, *two], mode=mode)] == ["10", "20"]


def test_the_next_connection_in_one_network_leaves_the_other_as_it_is(tmp_path: Path, mode: bool) -> None:
    one = [tagged(record, 10) for record in converse("ShADR", FIXED)]
    two = [tagged(record, 20) for record in converse("ShADadFfA", FIXED, isn=(900_000_000, 5), at=START + MILLISECOND)]
    three = [tagged(record, 10) for record in converse("ShADad", FIXED, isn=(500_000, 70), at=START + 6 * MILLISECOND)]
    found = lines(tmp_path, [*one, *two, *three], mode=mode)
    assert [line["history"] for line in found] == ["ShADR", "ShADadFf", "ShADad"]


def identified(record: Record, number: int, ttl: int) -> Record:
    frame = record.frame
    return record._replace(frame=frame[:18] + number.to_bytes(2) + frame[20:22] + bytes((ttl,)) + frame[23:])


@pytest.mark.parametrize(("milliseconds", "copies"), [(20, 9), (85, 9), (400, 9), (600, 0)])
def test_copies_of_another_hop(tmp_path: Path, mode: bool, milliseconds: int, copies: int) -> None:
    talk = [identified(record, 1 + place, 64) for place, record in enumerate(converse("ShADadFfA", step=SECOND))]
    again = [
        identified(record, 1 + place, 63)._replace(ts=record.ts + milliseconds * MILLISECOND)
        for place, record in enumerate(talk)
    ]
    ordered = sorted([*talk, *again], key=lambda record: record.ts)
    evidence = cap.read(tmp_path, cap.pcap(ordered), interpreted=mode)
    assert evidence.captures[0].duplicates == copies


@pytest.mark.parametrize("learned", [False, True])
def test_copies_of_the_same_hop_come_as_late_as_others_did(tmp_path: Path, mode: bool, learned: bool) -> None:
    """Identical frames 60 ms apart are copies only in a capture whose routed copies came that late, too."""
    first, second = (identified(record, 7, 64) for record in converse("SS", step=60 * MILLISECOND))
    routed = [identified(record, 9, ttl) for record, ttl in zip(converse("SS", Ends(orig_p=1), at=START - SECOND,
              step=50 * MILLISECOND), (64, 63), strict=True)]  # fmt: skip
    evidence = cap.read(tmp_path, cap.pcap([*(routed if learned else ()), first, second]), interpreted=mode)
    assert evidence.captures[0].duplicates == 2 * learned


def test_in_any_order_of_the_first_segments(tmp_path: Path, mode: bool) -> None:
    """In either order of the two networks in the capture."""
    one = [tagged(record, 10) for record in converse("Sh", FIXED, isn=(1000, 9000))]
    two = [tagged(record, 20) for record in converse("Sr", FIXED, isn=(900_000_000, 5))]
    for number, order in enumerate(permutations(range(4))):
        if order.index(0) > order.index(1) or order.index(2) > order.index(3):
            continue
        (tmp_path / str(number)).mkdir()
        records = [[*one, *two][place]._replace(ts=START + at) for at, place in enumerate(order)]
        found = lines(tmp_path / str(number), records, mode=mode)
        assert sorted(line["conn_state"] for line in found) == ["REJ", "S1"], order
