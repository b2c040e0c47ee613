"""A forged packet is not taken for a copy of the true one before it. Honest clients are not copies of each other."""

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.flows.kernel.duplicates import PRIME, content
from analyzer.flows.read import read_captures
from analyzer.judging_terms import watched
from analyzer.report import Report
from analyzer.rules import load_table
from tests.program import ROOT

T0 = 1_772_442_000
SERVER, DHCP, CLIENT, STRANGER = (192, 168, 0, 1), (192, 168, 0, 5), (192, 168, 0, 21), (6, 6, 6, 6)
Address = tuple[int, int, int, int]


def mac_of(address: Address) -> bytes:
    return b"\2\0" + bytes(address)


def datagram(src: Address, dst: Address, ports: tuple[int, int], payload: bytes, *, ident: int, ttl: int = 64) -> bytes:
    """An IPv4 datagram without checksums, which a sender may leave out."""
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    size = 20 + len(udp)
    return struct.pack(">BBHHHBBH", 0x45, 0, size, ident, 0, ttl, 17, 0) + bytes(src) + bytes(dst) + udp


def frame(packet: bytes, source: bytes, target: bytes = b"\xff" * 6) -> bytes:
    return target + source + b"\x08\0" + packet


def capture(path: Path, frames: Iterable[tuple[int, bytes]]) -> Path:
    """A capture of frames, each with its time in microseconds."""
    octets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for time, one in frames:
        octets += struct.pack("<IIII", T0 + time // 10**6, time % 10**6, len(one), len(one)) + one
    path.write_bytes(octets)
    return path


def dhcp(kind: int, client: bytes, *, server: Address | None = None, file: bytes = b"") -> bytes:
    """A DHCP message of a PXE boot; ``server``: of an answer."""
    offered, said = ((192, 168, 0, 77), server) if server else ((0, 0, 0, 0), (0, 0, 0, 0))
    options = b"\x63\x82\x53\x63\x35\1" + bytes([kind])
    options += b"\x36\4" + bytes(said) + b"\x3c\x09PXEClient" if server else b"\x3c\x20PXEClient:Arch:00000:UNDI:002001"
    head = struct.pack(">BBBBIHH", 2 if server else 1, 1, 6, 0, 77, 0, 0x8000)
    return head + bytes(4) + bytes(offered) + bytes(said) + bytes(4) + client + bytes(10) + bytes(64) + file.ljust(
        128, b"\0"
    ) + options + b"\xff"  # fmt: skip


def read_request(file: bytes) -> bytes:
    return b"\0\1" + file + b"\0octet\0"


def judged(path: Path) -> Report:
    return pipeline.analyze(path, site=ROOT / "sample_pcaps" / "lab" / "site.yaml", dissect=False)


def answers(report: Report) -> list[tuple[str, str]]:
    return [(one.server_id, one.boot_file) for boot in report.meta.boots for one in boot.answers]


@pytest.mark.parametrize("gap", [100, 2_000, 19_000])
@pytest.mark.parametrize("ttl", [64, 63], ids=["of the same hop", "of another hop"])
def test_a_second_offer_with_the_numbers_of_the_first_is_no_copy(tmp_path: Path, gap: int, ttl: int) -> None:
    client, everyone = b"\2\0\0\0\x0a\x77", (255, 255, 255, 255)
    discover = datagram((0, 0, 0, 0), everyone, (68, 67), dhcp(1, client), ident=9)
    true = datagram(DHCP, everyone, (67, 68), dhcp(2, client, server=DHCP, file=b"good.0"), ident=11)
    forged = datagram(DHCP, everyone, (67, 68), dhcp(2, client, server=STRANGER, file=b"evil.0"), ident=11, ttl=ttl)
    frames = [
        (0, frame(discover, client)),
        (2_000, frame(true, mac_of(DHCP))),
        (2_000 + gap, frame(forged, mac_of(STRANGER))),
    ]
    report = judged(capture(tmp_path / "a.pcap", frames))
    assert answers(report) == [("192.168.0.5", "good.0"), ("6.6.6.6", "evil.0")]
    assert report.meta.captures[0].duplicates == 0


def test_a_second_request_for_another_file_is_no_copy(tmp_path: Path) -> None:
    frames = [
        (time, frame(datagram(CLIENT, SERVER, (2070, 69), read_request(file), ident=7), mac_of(CLIENT), mac_of(SERVER)))
        for time, file in ((0, b"bootfile.0"), (5_000, b"../../evil"))
    ]
    watch = watched(load_table())
    evidence = read_captures([str(capture(tmp_path / "a.pcap", frames))], watch=watch)
    assert [mark.octets for mark in evidence.table.marks] == [octets for _, octets in frames]


@pytest.mark.parametrize(
    ("change", "copies"),
    [
        (lambda packet: frame(packet, mac_of(CLIENT)), 1),
        (lambda packet: frame(packet[:8] + b"\x3f" + packet[9:], mac_of(SERVER)), 1),
        (lambda packet: frame(packet, mac_of(STRANGER)), 0),
        (lambda packet: frame(packet[:-1] + b"x", mac_of(CLIENT)), 0),
        (lambda packet: frame(packet[:8] + b"\x3f" + packet[9:-1] + b"x", mac_of(SERVER)), 0),
    ],
    ids=["mirrored", "routed", "another MAC at one hop", "another payload", "another payload of another hop"],
)
def test_true_copies_are_copies(tmp_path: Path, change: Callable[[bytes], bytes], copies: int) -> None:
    packet = datagram(CLIENT, SERVER, (2070, 69), read_request(b"bootfile.0"), ident=7)
    frames = [(0, frame(packet, mac_of(CLIENT))), (500, change(packet))]
    report = judged(capture(tmp_path / "a.pcap", frames))
    assert report.meta.captures[0].duplicates == copies


def test_payloads_that_differ_in_words_far_apart_are_different(tmp_path: Path) -> None:
    """Two words that cancel each other out in a plain hash of the words before."""
    one = bytearray(read_request(b"a" * 60))
    two = bytearray(one)
    two[8] ^= 0x80
    two[12] ^= 0x80
    two[14] ^= 0x01
    frames = [
        (time, frame(datagram(CLIENT, SERVER, (2070, 69), bytes(payload), ident=7), mac_of(CLIENT)))
        for time, payload in ((0, one), (500, two))
    ]
    assert judged(capture(tmp_path / "a.pcap", frames)).meta.captures[0].duplicates == 0


@pytest.mark.parametrize("add", [PRIME, -PRIME], ids=["plus", "minus"])
@pytest.mark.parametrize("word", [8, 9, 10, 11])
def test_a_payload_with_a_prime_more_in_one_word_is_another_payload(tmp_path: Path, word: int, add: int) -> None:
    """The hash counts modulo PRIME: a word of 32 bits could be another one modulo PRIME, whatever the seed."""
    payload = bytearray(read_request(b"\x70" * 12 if add > 0 else b"\xf0" * 12))
    changed = payload.copy()
    struct.pack_into(">I", changed, word - 4, struct.unpack_from(">I", payload, word - 4)[0] + add)
    frames = [
        (time, frame(datagram(CLIENT, SERVER, (2070, 69), bytes(octets), ident=7, ttl=ttl), mac_of(CLIENT)))
        for time, octets, ttl in ((0, payload, 64), (500, changed, 63))
    ]
    assert judged(capture(tmp_path / "a.pcap", frames)).meta.captures[0].duplicates == 0


@pytest.mark.parametrize("length", range(1, 14))
def test_every_octet_of_a_payload_is_in_its_hash(length: int) -> None:
    payload = bytes(range(1, length + 1))
    others = {payload[:at] + bytes((octet,)) + payload[at + 1 :] for at in range(length) for octet in (0, 0x80, 0xFF)}
    hashes = {content(one, 0, length, 12345) for one in (payload, *others)}
    assert len(hashes) == len({payload, *others})


def test_clients_that_boot_at_the_same_time_are_not_one_boot(tmp_path: Path) -> None:
    clients = [b"\2\x55" + struct.pack(">I", number) for number in range(200)]
    packets = [datagram((0, 0, 0, 0), (255, 255, 255, 255), (68, 67), dhcp(1, one), ident=1) for one in clients]
    frames = [(10 * number, frame(packet, clients[number])) for number, packet in enumerate(packets)]
    report = judged(capture(tmp_path / "a.pcap", frames))
    assert len(report.boots) == len(clients)
    assert report.meta.captures[0].duplicates == 0
