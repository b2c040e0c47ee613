"""Connections of one tuple that one capture shows at the same time: two networks, or two sides of one device."""

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from analyzer.flows.kernel.beside import MOST_BESIDE
from analyzer.flows.options import ReadOptions
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


def networks(count: int, letters: str = "ShADadFfA", apart: int = 900) -> list[list[Record]]:
    """The same connection in many networks, each begun a moment later, with numbers far apart."""
    return [
        [
            tagged(record, 10 + number)
            for record in converse(
                letters, FIXED, isn=(10**8 * (number + 1), 10**9 + 10**8 * number), at=START + number * apart
            )
        ]
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [4, 5, 6, MOST_BESIDE])
def test_many_networks_at_the_same_time(tmp_path: Path, mode: bool, count: int) -> None:
    found = lines(tmp_path, [record for talk in networks(count) for record in talk], mode=mode)
    assert [(line["history"], line["orig_pkts"], line["resp_pkts"]) for line in found] == [("ShADadFf", 5, 4)] * count


@pytest.mark.parametrize("apart", [900, 30 * MILLISECOND])
def test_more_networks_than_are_kept_apart_spoil_no_other(tmp_path: Path, mode: bool, apart: int) -> None:
    """The first ones stay whole, and no flow has segments of two networks."""
    talks = networks(MOST_BESIDE + 2, "ShADad", apart)
    found = lines(tmp_path, [record for talk in talks for record in talk], mode=mode)
    vlans = [str(10 + number) for number in range(len(talks))]
    whole = MOST_BESIDE - 1
    assert [line["vlan"] for line in found][:whole] == vlans[:whole]
    assert all(line["history"] == "ShADad" for line in found[:whole])
    for vlan in vlans:
        assert sum(line["orig_pkts"] + line["resp_pkts"] for line in found if line["vlan"] == vlan) == 6


def test_of_too_many_connections_those_that_are_over_or_silent_are_given_up(tmp_path: Path, mode: bool) -> None:
    """One of the flows is reset, another one sends nothing for more than a minute; the others go on."""
    talks = networks(MOST_BESIDE, "ShADad")
    reset = converse("ShADadR", FIXED, isn=(3 * 10**8, 10**9 + 2 * 10**8), at=START + 50 * SECOND)[6:]
    records = [*(record for talk in talks for record in talk), *(tagged(record, 12) for record in reset)]
    for number, talk in enumerate(talks):
        if number not in {2, 5}:
            records += [record._replace(ts=record.ts + 50 * SECOND) for record in talk[4:]]
    for number in (1, 2):
        late = converse("ShAD", FIXED, isn=(4 * 10**9 + 5 * 10**7 * number, 77), at=START + (70 + number) * SECOND)
        records += [tagged(record, 100 + number) for record in late]
    for number, talk in enumerate(talks):
        if number not in {2, 5}:
            records += [record._replace(ts=record.ts + 80 * SECOND) for record in talk[4:]]
    found = lines(tmp_path, records, mode=mode)
    wanted = [10] * MOST_BESIDE + [4, 4]
    wanted[2], wanted[5] = 7, 6
    assert [line["orig_pkts"] + line["resp_pkts"] for line in found] == wanted


def test_the_limit_of_flows_leaves_those_of_a_tuple_whole(tmp_path: Path, mode: bool) -> None:
    records = sorted((record for talk in networks(3) for record in talk), key=lambda record: record.ts)
    evidence = cap.read(tmp_path, cap.pcap(records), interpreted=mode, options=ReadOptions(max_flows=2))
    assert [(line["vlan"], line["history"]) for line in cap.lines(evidence)] == [("10", "ShADadFf"), ("11", "ShADadFf")]
    assert evidence.captures[0].beyond == 9


@pytest.mark.parametrize(("letters", "begin"), [("SAD", 1), ("SS", 0)], ids=["under way", "SYN"])
def test_a_segment_that_fits_no_flow_is_in_a_flow_of_its_own(
    tmp_path: Path, mode: bool, letters: str, begin: int
) -> None:
    talks = networks(2, "ShAD")
    stray = [tagged(record, 99) for record in converse(letters, FIXED, isn=(4_000_000_000, 77), at=START + SECOND)]
    more = [tagged(record, 10) for record in converse("ShADad", FIXED, isn=(10**8, 10**9), at=START + 2 * SECOND)[4:]]
    found = lines(tmp_path, [*talks[0], *talks[1], *stray[begin:], *more], mode=mode)
    assert [(line["vlan"], line["history"]) for line in found[:2]] == [("10", "ShADad"), ("11", "ShAD")]
    assert [(line["vlan"], line["orig_pkts"]) for line in found[2:]] == [("99", 2)]


@pytest.mark.parametrize("paths", PATHS, ids=["vlans", "one tagged", "macs", "interfaces"])
@pytest.mark.parametrize("network", [0, 1])
@pytest.mark.parametrize("quoted", [0, 1], ids=["SYN", "SYN-ACK"])
def test_an_icmp_error_belongs_to_the_network_in_which_it_came(
    tmp_path: Path, mode: bool, paths: Sequence[Callable[[Record], Record]], network: int, quoted: int
) -> None:
    talks = [converse("Sh", FIXED, isn=(1000, 9000)), converse("Sh", FIXED, isn=(900_000_000, 5), at=START + 900)]
    about = talks[network][quoted].frame[14:]
    target = FIXED.resp if quoted else FIXED.orig
    report = cap.ip4("10.0.0.254", target, cap.ICMP, cap.icmp(3, 10, about))
    error = Record(START + SECOND, cap.ether_of(report, back=not quoted))
    records = [*map(paths[0], talks[0]), *map(paths[1], talks[1]), paths[network](error)]
    content = cap.section() + 2 * cap.interface() + b"".join(map(cap.packet, sorted(records, key=lambda one: one.ts)))
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert evidence.table.icmp_error.count.tolist() == [1 - network, network]


@pytest.mark.parametrize("times", [1, 3, 2 * MOST_BESIDE])
@pytest.mark.parametrize("every", [1, 70, 150])
def test_a_long_connection_beside_others_that_come_one_after_another(
    tmp_path: Path, mode: bool, times: int, every: int
) -> None:
    """The others end, and are silent for longer than a minute."""
    step = max(every * times // 10, 1) * SECOND
    long = converse("ShA" + "Da" * 10, FIXED, isn=(1000, 9000), step=min(step, 20 * SECOND))
    while long[-1].ts < START + every * (times + 1) * SECOND:
        long += [record._replace(ts=record.ts + 20 * SECOND) for record in long[-2:]]
    records = [tagged(record, 10) for record in long]
    for number in range(times):
        talk = converse(
            "ShADadFfA", FIXED, isn=(900_000_000 + 10**7 * number, 5), at=START + (1 + number * every) * SECOND
        )
        records += [tagged(record, 20) for record in talk]
    found = lines(tmp_path, records, mode=mode)
    assert [line["vlan"] for line in found] == ["10"] + ["20"] * times
    assert [(line["orig_pkts"], line["resp_pkts"]) for line in found[1:]] == [(5, 4)] * times
    assert found[0]["orig_pkts"] + found[0]["resp_pkts"] == len(long)


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


def with_ttl(record: Record, ttl: int) -> Record:
    return record._replace(frame=record.frame[:22] + bytes((ttl,)) + record.frame[23:])


@pytest.mark.parametrize(
    ("letters", "flows"), [("ShADadFfA", 1), ("ShADad", 1), ("Sr", 2), ("SrSr", 2), ("S", 2), ("ShAD", 2)]
)
def test_a_device_that_is_no_router_is_shown_by_the_order_of_the_answers(
    tmp_path: Path, mode: bool, letters: str, flows: int
) -> None:
    """Without a router's step, only several answers prove that it is one connection."""
    near = converse(letters, FIXED, step=10 * MILLISECOND)
    far = [with_ttl(shifted(record, 77_000_000, 5, 2 * MILLISECOND), 64) for record in near]
    assert len(lines(tmp_path, [*near, *far], mode=mode)) == flows


@pytest.mark.parametrize("paths", PATHS, ids=["vlans", "one tagged", "macs", "interfaces"])
@pytest.mark.parametrize("letters", ["Sr", "SrSr", "ShADadFfA", "ShADadR"])
def test_the_same_connection_in_two_networks_is_two(
    tmp_path: Path, mode: bool, letters: str, paths: Sequence[Callable[[Record], Record]]
) -> None:
    """The second one begins later and is answered earlier, as on the far side of a device."""
    one = [paths[0](record) for record in converse(letters, FIXED, step=10 * MILLISECOND)]
    two = [
        paths[1](record)
        for record in converse(letters, FIXED, isn=(900_000_000, 5), at=START + 2 * MILLISECOND, step=MILLISECOND)
    ]
    assert len(lines(tmp_path, [*one, *two], mode=mode)) == 2


@pytest.mark.parametrize(("letters", "near", "far"), [
    ("S", 128, 64), ("S", 64, 64), ("S", 64, 65), ("Sr", 128, 64), ("Sr", 64, 65), ("ShADadFfA", 64, 63),
])  # fmt: skip
def test_hosts_with_another_time_to_live_are_no_router(
    tmp_path: Path, mode: bool, letters: str, near: int, far: int
) -> None:
    """A router takes one off, and lets the segments of both networks pass in their order."""
    one = [with_ttl(record, near) for record in converse(letters, FIXED, step=10 * MILLISECOND)]
    two = [
        moved(with_ttl(record, far))
        for record in converse(letters, FIXED, isn=(900_000_000, 5), at=START + 2 * MILLISECOND, step=MILLISECOND)
    ]
    assert len(lines(tmp_path, [*one, *two], mode=mode)) == 2


@pytest.mark.parametrize("vantages", [1, 2])
def test_two_devices_in_a_row_leave_one_connection(tmp_path: Path, mode: bool, vantages: int) -> None:
    near = converse("ShADadFfA", FIXED, step=10 * MILLISECOND)
    middle = [shifted(record, 77_000_000, 5, 2 * MILLISECOND) for record in near]
    far = [tagged(with_ttl(shifted(record, 200_000_000, 9, 4 * MILLISECOND), 62), 7) for record in near]
    ordered = sorted([*near, *middle, *far], key=lambda record: record.ts)
    (line,) = cap.lines(cap.read(tmp_path, *[cap.pcap(ordered)] * vantages, interpreted=mode))
    assert (line["conn_state"], line["history"]) == ("SF", "ShADadFf")


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
