"""Programs that captures themselves name: blocks, options and comments of pcapng, and PKTAP; octets as documented."""

import struct
from pathlib import Path

import pytest

from analyzer.host_evidence.child import read_here
from analyzer.host_evidence.model import NO_TIME, Attribution, rows_of
from analyzer.host_evidence.process import Limits
from tests.capfile import ether, ip4, tcp
from tests.host_evidence.made import A1, DPM, SERVER, found, shutdown, words

APISERV = DPM + "apiserv.exe"
FRAME = ether(ip4(SERVER, A1, 6, tcp(50000, 56010, 2)))
REPLY = ether(ip4(A1, SERVER, 6, tcp(56010, 50000, 16)))
TICK = 1_772_442_000_000_000


class Written:
    """A pcapng file of one byte order."""

    def __init__(self, order: str = "<", link: int = 1) -> None:
        self.order = order
        self.octets = self.block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
        self.octets += self.block(1, struct.pack(order + "HHI", link, 0, 0))

    def block(self, kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(self.order + "I", len(body) + 12)
        return struct.pack(self.order + "I", kind) + length + body + length

    def options(self, options: list[tuple[int, bytes]]) -> bytes:
        made = b"".join(
            struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options
        )
        return made + bytes(4) if made else b""

    def number(self, value: int) -> bytes:
        return struct.pack(self.order + "I", value)

    def packet(self, frame: bytes, *options: tuple[int, bytes], tick: int = TICK) -> "Written":
        head = struct.pack(self.order + "5I", 0, tick >> 32, tick & 0xFFFFFFFF, len(frame), len(frame))
        self.octets += self.block(6, head + frame + bytes(-len(frame) % 4) + self.options(list(options)))
        return self

    def darwin(self, pid: int, *options: tuple[int, bytes]) -> "Written":
        self.octets += self.block(0x80000001, self.number(pid) + self.options(list(options)))
        return self

    def wireshark(self, pid: int, *options: tuple[int, bytes], entry: int = 3) -> "Written":
        body = self.number(32622) + self.number(entry) + self.number(pid) + self.options(list(options))
        self.octets += self.block(0xBAD, body)
        return self

    def thread(self, pid: int) -> tuple[int, bytes]:
        return 8, struct.pack(self.order + "II", pid, 1)


def rows(folder: Path, octets: bytes) -> list[Attribution]:
    path = folder / "server.pcapng"
    path.write_bytes(octets)
    return rows_of(read_here(path, path.name, Limits()).attributions)


@pytest.mark.parametrize("order", ["<", ">"])
def test_wiresharks_process_block_and_option_8(tmp_path: Path, order: str) -> None:
    made = Written(order)
    made.wireshark(4242, (2, b"apiserv.exe"), (3, b"C:\\NEC\\apiserv.exe")).packet(FRAME, made.thread(4242))
    one = rows(tmp_path, made.octets)[0]
    assert (one.kind, one.program, one.path, one.pid) == ("process-block", "apiserv.exe", "C:\\NEC\\apiserv.exe", 4242)
    assert (one.a_h, one.a_p, one.b_h, one.b_p) == (SERVER, 50000, A1, 56010)
    assert (one.since, one.record) == (TICK * 1000, "1")


def test_a_process_id_that_comes_again_is_the_last_blocks_before_the_packet(tmp_path: Path) -> None:
    made = Written()
    made.wireshark(7, (2, b"one.exe")).packet(FRAME, made.thread(7))
    made.wireshark(7, (2, b"two.exe")).packet(FRAME, made.thread(7), tick=TICK + 9)
    assert [row.program for row in rows(tmp_path, made.octets)] == ["one.exe", "two.exe"]


def test_a_custom_block_of_others_is_passed_over(tmp_path: Path) -> None:
    made = Written()
    made.wireshark(7, (2, b"one.exe"), entry=2).packet(FRAME, made.thread(7))
    one = rows(tmp_path, made.octets)[0]
    assert (one.program, one.pid) == ("", 7)


@pytest.mark.parametrize("order", ["<", ">"])
def test_darwins_blocks(tmp_path: Path, order: str) -> None:
    made = Written(order)
    made.darwin(1, (2, b"launchd")).darwin(501, (2, b"curl\0"), (4, bytes(16)))
    made.packet(FRAME, (0x8001, made.number(1)), (0x8003, made.number(0)))
    made.packet(REPLY, (0x8003, made.number(0)), tick=TICK + 5)
    made.packet(FRAME, (0x8001, made.number(99)), tick=TICK + 7)  # no such block
    shown = [(row.kind, row.program, row.pid) for row in rows(tmp_path, made.octets)]
    assert shown == [("darwin-block", "curl", 501), ("darwin-block", "launchd", 1)]


@pytest.mark.parametrize(
    ("comment", "kind", "program", "path", "pid"),
    [
        ("PID: 12\nCmd: /usr/bin/curl\nArgs: curl x", "comment-ptcpdump", "curl", "/usr/bin/curl", 12),
        ("rustnet process=curl pid=42 ppid=40 direction=outgoing", "comment-rustnet", "curl", "", 42),
        ("rustnet pid=42", "comment-rustnet", "", "", 42),
        ("PID=8 TID=9", "comment-etl2pcapng", "", "", 8),
    ],
)
def test_comments(tmp_path: Path, comment: str, kind: str, program: str, path: str, pid: int) -> None:
    made = Written().packet(FRAME, (1, comment.encode()))
    one = rows(tmp_path, made.octets)[0]
    assert (one.kind, one.program, one.path, one.pid) == (kind, program, path, pid)


@pytest.mark.parametrize("comment", ["", "hello", "PID", "rustnet", "my PID=8", "process=curl pid=42"])
def test_comments_that_name_no_program(tmp_path: Path, comment: str) -> None:
    assert not rows(tmp_path, Written().packet(FRAME, (1, comment.encode())).octets)


def test_many_packets_of_a_conversation_are_one_record(tmp_path: Path) -> None:
    made = Written().packet(FRAME, (1, b"PID=8 TID=9"), (2, struct.pack("<I", 2)))
    for place in range(1, 50):
        made.packet(REPLY if place % 2 else FRAME, (1, b"PID=8 TID=9"), tick=TICK + place)
    joined = rows(tmp_path, made.octets)
    assert len(joined) == 1
    assert (joined[0].until - joined[0].since, joined[0].local) == (49_000, "a")


@pytest.mark.parametrize(
    ("option", "tick"), [((14, struct.pack("<q", 1 << 62)), TICK), ((9, b"\0"), (1 << 64) - 1), ((9, b"\0"), 1 << 62)]
)
def test_a_time_that_no_table_can_hold_is_none(tmp_path: Path, option: tuple[int, bytes], tick: int) -> None:
    """Offsets and resolutions of an interface can be anything."""
    made = Written().packet(FRAME, (1, b"PID=8 TID=9"))
    made.octets += made.block(1, struct.pack("<HHI", 1, 0, 0) + made.options([option]))
    head = struct.pack("<5I", 1, tick >> 32, tick & 0xFFFFFFFF, len(FRAME), len(FRAME))
    made.octets += made.block(6, head + FRAME + bytes(-len(FRAME) % 4) + made.options([(1, b"PID=8 TID=9")]))
    assert [row.since for row in rows(tmp_path, made.octets)] == [TICK * 1000, NO_TIME]


def test_after_a_pause_a_new_record_begins(tmp_path: Path) -> None:
    """The same ends can belong to several connections; the program of one is no evidence for another."""
    made = Written()
    for place in (0, 1_000_000, 3_000_001, 3_500_000):
        made.packet(FRAME if place % 2 else REPLY, (1, b"PID=8 TID=9"), tick=TICK + place)
    made.packet(FRAME, (1, b"PID=8 TID=9"), tick=TICK - 1_000_001)
    apart = rows(tmp_path, made.octets)
    assert [(row.since // 1000 - TICK, row.until // 1000 - TICK) for row in apart] == [
        (0, 1_000_000),
        (3_000_001, 3_500_000),
        (-1_000_001, -1_000_001),
    ]
    assert [row.record for row in apart] == ["1", "3", "5"]
    assert {(row.a_h, row.b_h) for row in apart} == {(A1, SERVER)}


def test_the_pauses_of_a_capture_make_no_more_records_than_the_limit(tmp_path: Path) -> None:
    made = Written()
    for place in range(20):
        made.packet(FRAME, (1, b"PID=8 TID=9"), tick=TICK + place * 2_000_000)
    path = tmp_path / "server.pcapng"
    path.write_bytes(made.octets)
    result = read_here(path, path.name, Limits(records=10))
    assert (len(result.attributions), result.failed) == (10, "too-many-records")


def test_a_flow_between_two_noted_ones_is_not_confirmed(tmp_path: Path) -> None:
    made = Written()
    made.wireshark(4242, (2, b"apiserv.exe"), (3, APISERV.encode()))
    for at in (10, 14):
        made.packet(FRAME, made.thread(4242), (2, struct.pack("<I", 2)), tick=TICK + at * 1_000_000)
    flows = [dict(shutdown(at), end=shutdown(at)["ts"] + 10**8) for at in (10, 12, 14)]
    assert words(found(flows, rows(tmp_path, made.octets))) == ["confirmed", "not-observable", "confirmed"]


def test_a_flow_half_a_second_after_a_noted_one_is_not_confirmed(tmp_path: Path) -> None:
    """The notes of a capture have its own clock, which is exact."""
    made = Written()
    made.wireshark(4242, (2, b"apiserv.exe"), (3, APISERV.encode()))
    made.packet(FRAME, made.thread(4242), (2, struct.pack("<I", 2)), tick=TICK + 10_000_000)
    flows = [dict(shutdown(at), end=shutdown(at)["ts"] + 10**8) for at in (10, 10.5)]
    assert words(found(flows, rows(tmp_path, made.octets))) == ["confirmed", "not-observable"]


def test_a_record_over_two_flows_proves_neither(tmp_path: Path) -> None:
    made = Written()
    made.wireshark(4242, (2, b"apiserv.exe"), (3, APISERV.encode()))
    for at in (10, 10.9):
        made.packet(FRAME, made.thread(4242), (2, struct.pack("<I", 2)), tick=TICK + round(at * 1_000_000))
    flows = [dict(shutdown(at), end=shutdown(at)["ts"] + 10**8) for at in (10, 10.4, 10.9)]
    assert words(found(flows, rows(tmp_path, made.octets))) == ["unproven"] * 3


@pytest.mark.parametrize(("direction", "local"), [(1, "b"), (2, "a"), (0, ""), (3, "")])
def test_the_direction_of_a_packet_shows_its_side(tmp_path: Path, direction: int, local: str) -> None:
    made = Written().packet(FRAME, (1, b"PID=8 TID=9"), (2, struct.pack("<I", direction)))
    assert rows(tmp_path, made.octets)[0].local == local


def pktap(pid: int, name: bytes) -> bytes:
    head = struct.pack("<III24sIIIIi20s", 108, 1, 1, b"en0", 0, 2, 14, 0, pid, name)
    return head + bytes(108 - len(head)) + FRAME


def test_pktap(tmp_path: Path) -> None:
    one = rows(tmp_path, Written(link=258).packet(pktap(77, b"curl"), (1, b"x")).octets)[0]
    assert (one.kind, one.program, one.pid, one.b_p) == ("pktap", "curl", 77, 56010)
    frame = pktap(77, b"curl")
    classic = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 258)
    classic += struct.pack("<4I", 1_772_442_000, 5, len(frame), len(frame)) + frame
    one = rows(tmp_path, classic)[0]
    assert (one.kind, one.since) == ("pktap", 1_772_442_000_000_005_000)


@pytest.mark.parametrize("length", [0, 3, 11, 40, 60, 100])
def test_a_capture_that_is_cut_gives_what_stands_before(tmp_path: Path, length: int) -> None:
    made = Written().packet(FRAME, (1, b"PID=8 TID=9"))
    assert len(rows(tmp_path, made.octets + made.packet(FRAME).octets[:length])) == 1
