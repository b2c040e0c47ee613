"""Make the small captures of ``sample_pcaps/made``: what the lab's captures lack.

Run from the project's folder: ``.venv/bin/python -m sample_pcaps.make_samples [FOLDER]``. The same bytes every time.
Addresses are private (10.20.0.0/16) or set aside for documentation; nothing here was ever on a network.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop

from tests.packets import BROADCAST, ETHERNET, NULL, RAW, SLL, SLL2, Framing, Host, Wire, shifted

SERVER = Host("10.20.0.10")
ROUTER = Host("10.20.0.1")
M1, M2 = Host("10.20.0.31"), Host("10.20.1.32")
Q1, Q2 = Host("10.20.2.41"), Host("10.20.2.141")
CONSOLE = Host("10.20.0.50")
STRANGER = Host("10.20.0.66")
SERVER6, M6, ROUTER6 = Host("2001:db8:20::10"), Host("2001:db8:20::31"), Host("2001:db8:20::1")


def a_bit_of_everything() -> Wire:
    """A shutdown, a ping, a console's request and a stranger's attempt."""
    wire = Wire()
    wire.tcp(SERVER, 49152, M1, 56010)
    wire.ping(SERVER, M1, count=2)
    wire.tcp(CONSOLE, 50010, SERVER, 8080, say=b"GET / HTTP/1.1\r\n\r\n")
    wire.refused(STRANGER, 50020, SERVER, 3389)
    return wire


def two_interfaces(folder: Path) -> None:
    """Two interfaces of different link types in one file, nanoseconds."""
    wire = a_bit_of_everything()
    wire.packets = [replace(packet, ts=packet.ts + 7) for packet in wire.packets]
    wire.interface = 1
    wire.tcp(SERVER, 49153, Q1, 56010)
    wire.save_ng(folder / "two_interfaces.pcapng", (Framing(ETHERNET), Framing(SLL)), nano=True)


def big_endian(folder: Path) -> None:
    a_bit_of_everything().save(folder / "big_endian.pcap", Framing(endian=">"))


def link_layers(folder: Path) -> None:
    """The same conversation over each link layer: the flows must be the same."""
    wire = a_bit_of_everything()
    wire.save(folder / "link_vlan.pcap", Framing(vlans=((0x8100, 20),)))
    wire.save(folder / "link_qinq.pcap", Framing(vlans=((0x88A8, 100), (0x8100, 20))))
    wire.save(folder / "link_sll2.pcap", Framing(SLL2))
    wire.save(folder / "link_raw.pcap", Framing(RAW))
    wire.save(folder / "link_null.pcap", Framing(NULL))


def ipv6(folder: Path) -> None:
    """IPv6: a connection, a ping, extension headers, and a port unreachable quoted back."""
    wire = Wire()
    wire.tcp(SERVER6, 49152, M6, 56010)
    wire.ping(SERVER6, M6)
    headers = IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    wire.send(M6, SERVER6, headers / UDP(sport=50000, dport=4011) / b"behind two extension headers")
    refused = wire.udp(M6, 50001, SERVER6, 69, b"\0\1boot.0\0octet\0")
    wire.icmp_error(SERVER6, refused, 1, 4)
    stopped = wire.syn(M6, 56030, SERVER6, 56030)
    wire.icmp_error(ROUTER6, stopped, 1, 1)
    wire.save(folder / "ipv6.pcap")


def rotated(folder: Path) -> None:
    """One long connection, written to three files one after the other."""
    wire = Wire()
    wire.tcp(CONSOLE, 50023, SERVER, 56023, end="none", isn=(1000, 9000))
    for number in range(4):
        wire.wait(20)
        wire.segment(CONSOLE, 50023, SERVER, 56023, "PA", seq=1006 + number * 5, ack=9008, data=b"again")
        wire.segment(SERVER, 56023, CONSOLE, 50023, "A", seq=9008, ack=1011 + number * 5)
    wire.segment(CONSOLE, 50023, SERVER, 56023, "FA", seq=1026, ack=9008)
    wire.segment(SERVER, 56023, CONSOLE, 50023, "FA", seq=9008, ack=1027)
    wire.segment(CONSOLE, 50023, SERVER, 56023, "A", seq=1027, ack=9009)
    for part, begin in enumerate(range(0, len(wire.packets), 6), start=1):
        Wire(packets=wire.packets[begin : begin + 6]).save(folder / f"rotated_{part}.pcap")


def truncated(folder: Path) -> None:
    """The file ends in the middle of the last packet."""
    a_bit_of_everything().save(folder / "truncated.pcap", cut=20)


def snapped(folder: Path) -> None:
    """Only the first 60 bytes of each packet were kept; a flow's bytes are still those that were sent."""
    wire = Wire()
    wire.tftp(M1, SERVER, size=5000)
    wire.tcp(CONSOLE, 50011, SERVER, 8080, say=b"GET /" + b"x" * 400, hear=bytes(1000))
    wire.save(folder / "snapped.pcap", snaplen=60)


def segments(folder: Path) -> None:
    """Power-on by directed broadcast where no segment is a /24."""
    wire = Wire()
    for address, machine in (
        ("255.255.255.255", M1),  # own segment: right
        ("10.20.2.127", Q1),  # the first /25: right
        ("10.20.2.255", Q2),  # the second /25: right
        ("10.20.1.255", M2),  # the own /23 by directed broadcast: wrong
        ("10.20.3.255", Q2),  # no segment's broadcast address: wrong
    ):
        wire.magic(SERVER, Host(address, BROADCAST), machine.mac)
        wire.wait(90)
    wire.save(folder / "segments.pcap")


def boot_complete(folder: Path) -> None:
    """A complete PXE boot with its connection from 56030 to 56030, twice with the same tuple."""
    wire = Wire()
    for _ in range(2):
        wire.boot(M1, SERVER)
        wire.wait(300)
    wire.save(folder / "boot_complete.pcap")


def boot_tftp_error(folder: Path) -> None:
    """The requested boot file does not exist."""
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.proxy(M1, SERVER)
    wire.tftp(M1, SERVER, file="pxelinux.0", missing=True)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "boot_tftp_error.pcap")


def boot_relayed(folder: Path) -> None:
    """A machine of another segment boots through a DHCP relay; taken at the server."""
    wire = Wire()
    words = {"giaddr": "10.20.2.1", "sport": 67, "dport": 67}
    relay = Host("10.20.2.1")
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        wire.dhcp(relay, SERVER, kind, Q1, **words)
        wire.dhcp(SERVER, relay, answer, Q1, **words)
    wire.proxy(Q1, SERVER, port=4011)
    wire.tftp(Q1, SERVER)
    wire.wait(2)
    wire.tcp(Q1, 56030, SERVER, 56030)
    wire.save(folder / "boot_relayed.pcap")


def mid_stream(folder: Path) -> None:
    """The capture began after the connections."""
    wire = Wire()
    wire.tcp(CONSOLE, 50023, SERVER, 56023, begin=False)
    wire.segment(M1, 56010, SERVER, 49160, "SA", seq=1, ack=2)
    wire.segment(SERVER, 49160, M1, 56010, "A", seq=2, ack=2)
    wire.tcp(SERVER, 49160, M1, 56010, begin=False, isn=(1, 1))
    wire.save(folder / "mid_stream.pcap")


def waivers(folder: Path) -> None:
    """Two unexpected flows with a waiver each: one valid, one expired."""
    wire = Wire()
    wire.tcp(STRANGER, 50030, SERVER, 3389)
    wire.tcp(STRANGER, 50031, M1, 445)
    wire.save(folder / "waivers.pcap")


def two_vantages(folder: Path) -> None:
    """Two vantages at the same time: both have the packets that the router forwards, one has those that it stops."""
    near = Wire()
    near.tcp(SERVER, 49152, Q1, 56010)
    far = Wire(packets=list(shifted(near.packets, 200_000)), now=near.now)
    stopped = near.syn(SERVER, 49153, Q2, 56010, tries=3)
    near.icmp_error(ROUTER, stopped, 3, 13)
    far.wait(5)
    far.ping(Q1, Host("10.20.2.1"))
    near.wait(15)
    near.ping(SERVER, M1)
    near.save(folder / "vantage_server.pcap")
    far.save(folder / "vantage_floor.pcap")


SAMPLES: tuple[Callable[[Path], None], ...] = (
    two_interfaces, big_endian, link_layers, ipv6, rotated, truncated, snapped, segments, boot_complete,
    boot_tftp_error, boot_relayed, mid_stream, waivers, two_vantages,
)  # fmt: skip


def make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        sample(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "made")
