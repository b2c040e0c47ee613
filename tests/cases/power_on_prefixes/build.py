from pathlib import Path

from tests.packets import BROADCAST, Host, Wire

WOKEN = {
    49000: ("10.30.255.255", "02:00:0a:1e:05:06"),
    49001: ("10.40.3.255", "02:00:0a:28:01:02"),
    49002: ("10.50.0.7", "02:00:0a:32:00:06"),
    49003: ("255.255.255.255", "02:00:c0:a8:00:05"),
    49010: ("10.30.5.255", "02:00:0a:1e:05:06"),
    49011: ("10.40.1.255", "02:00:0a:28:01:02"),
    49012: ("10.50.0.255", "02:00:0a:32:00:06"),
    49013: ("192.168.0.15", "02:00:c0:a8:00:05"),
    49014: ("255.255.255.255", "02:00:0a:32:00:06"),
}


def build(folder: Path) -> None:
    wire = Wire()
    server = Host("192.168.0.2")
    for port, (address, mac) in WOKEN.items():
        octets = bytes.fromhex(mac.replace(":", ""))
        wire.udp(server, port, Host(address, BROADCAST), 5561, b"\xff" * 6 + octets * 16)
    wire.wait(30)
    wire.ping(server, Host("192.168.0.5"))
    wire.save(folder / "capture.pcap")
