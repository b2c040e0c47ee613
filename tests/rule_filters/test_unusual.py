"""Frames that a target does not read in full, as its export says for every row."""

import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop

from analyzer.rule_filters.losses import LossCode
from tests.packets import SLL, Framing, Packet, Wire, pcap
from tests.rule_filters.tools import exported, expressions, program
from tests.rule_filters.traffic import ONE, SERVER, SERVER6, SIX

ROW = "boot-pxe-68"
VLAN = Framing(vlans=((0x8100, 7),))


def tcpdump(packets: list[Packet], folder: Path, expression: str, framing: Framing | None = None) -> int:
    """How many of the packets the expression takes."""
    path = folder / "unusual.pcap"
    path.write_bytes(pcap(packets, framing or Framing()))
    done = subprocess.run(
        [program("tcpdump", "tcpdump"), "-ttnr", path, expression], capture_output=True, text=True, check=True
    )
    return len([line for line in done.stdout.splitlines() if line[:1].isdigit()])


def tshark_takes(packets: list[Packet], folder: Path, executable: str, framing: Framing | None = None) -> list[int]:
    """The numbers of the frames that the display filter takes."""
    path = folder / "unusual.pcap"
    path.write_bytes(pcap(packets, framing or Framing()))
    (expression,) = expressions(exported("wireshark", ROW).text)
    done = subprocess.run(
        [executable, "-n", "-r", path, "-Y", expression, "-T", "fields", "-e", "frame.number"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [int(number) for number in done.stdout.split()]


@pytest.fixture
def bpf() -> str:
    (expression,) = expressions(exported("bpf", ROW).text)
    return expression


def every_row(target: str) -> set[LossCode]:
    return {loss.code for loss in exported(target, ROW).losses if not loss.row}


def tagged() -> list[Packet]:
    wire = Wire()
    return [wire.udp(ONE, 68, SERVER, 4011, b"x"), wire.udp(ONE, 68, SERVER, 4012, b"x")]


def test_vlan_tags_need_their_word_in_bpf(bpf: str, tmp_path: Path) -> None:
    assert LossCode.TAGS_AND_TUNNELS in every_row("bpf")
    assert tcpdump(tagged(), tmp_path, bpf, VLAN) == 0
    assert tcpdump(tagged(), tmp_path, f"{bpf} or (vlan and ({bpf}))", VLAN) == 1


def test_wireshark_reads_vlan_tags(tmp_path: Path, tshark: str) -> None:
    assert tshark_takes(tagged(), tmp_path, tshark, VLAN) == [1]


def test_a_mac_needs_an_ethernet_capture_in_bpf(bpf: str, tmp_path: Path) -> None:
    assert LossCode.LINK_LAYER in {loss.code for loss in exported("bpf", ROW).losses}
    with pytest.raises(subprocess.CalledProcessError):
        tcpdump(tagged(), tmp_path, bpf, Framing(link=SLL))
    assert LossCode.LINK_LAYER not in {loss.code for loss in exported("bpf", "image-builder").losses}
    (without,) = expressions(exported("bpf", "image-builder").text)
    assert tcpdump(tagged(), tmp_path, without, Framing(link=SLL)) == 0


def fragments() -> list[Packet]:
    wire = Wire()
    whole = IP(src=ONE.ip, dst=SERVER.ip, id=9) / UDP(sport=68, dport=4011) / bytes(2000)
    return [wire.put(ONE.mac, SERVER.mac, 0x0800, bytes(part)) for part in fragment(whole, fragsize=1400)]


def test_bpf_takes_the_first_fragment(bpf: str, tmp_path: Path) -> None:
    assert LossCode.FRAGMENTS in every_row("bpf")
    assert len(fragments()) == 2
    assert tcpdump(fragments(), tmp_path, bpf) == 1


def test_wireshark_takes_the_fragment_that_completes_the_packet(tmp_path: Path, tshark: str) -> None:
    assert LossCode.ONE_OF_THE_FRAGMENTS in every_row("wireshark")
    assert tshark_takes(fragments(), tmp_path, tshark) == [2]


def with_extension() -> list[Packet]:
    wire = Wire()
    whole = IPv6(src=SIX.ip, dst=SERVER6.ip) / IPv6ExtHdrHopByHop() / UDP(sport=68, dport=4011) / b"x"
    return [wire.put(SIX.mac, SERVER6.mac, 0x86DD, bytes(whole))]


def test_bpf_reads_no_extension_header(bpf: str, tmp_path: Path) -> None:
    assert LossCode.IPV6_EXTENSION_HEADERS in {loss.code for loss in exported("bpf", ROW).losses}
    assert tcpdump(with_extension(), tmp_path, bpf) == 0


def test_wireshark_reads_extension_headers(tmp_path: Path, tshark: str) -> None:
    assert tshark_takes(with_extension(), tmp_path, tshark) == [1]
