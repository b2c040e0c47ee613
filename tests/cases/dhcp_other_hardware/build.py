from pathlib import Path

from scapy.layers.dhcp import BOOTP, DHCP

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire

MAC_OF_M2 = b"\x01" + bytes.fromhex(M2.mac.replace(":", ""))
CLIENTS = (
    # (frame's MAC, hardware address, identifier, whether answers repeat it, address)
    ("02:00:00:00:00:f1", b"", b"\xff\0\0\1", True, "10.20.2.11"),
    ("02:00:00:00:00:f2", b"", b"\xff\0\0\2", False, "10.20.2.12"),
    ("02:00:00:00:00:f3", bytes.fromhex("0011223344556677"), b"", False, "10.20.2.13"),
    (M2.mac, b"", MAC_OF_M2, True, M2.ip),
)


def build(folder: Path) -> None:
    wire = Wire()
    for kind in ("discover", "offer", "request", "ack"):
        answer = kind in ("offer", "ack")
        for number, (mac, hardware, identifier, repeats, address) in enumerate(CLIENTS, 1):
            head = BOOTP(
                op=2 if answer else 1,
                htype=32,
                hlen=len(hardware),
                chaddr=hardware.ljust(16, b"\0"),
                xid=number,
                yiaddr=address if answer else "0.0.0.0",
                file=b"boot.0" if answer else b"",
            )
            options = [("message-type", kind), ("vendor_class_id", b"PXEClient:Arch:00000")]
            if identifier and (repeats or not answer):
                options.append(("client_id", identifier))
            ends = (SERVER, 67, EVERYBODY, 68) if answer else (Host("0.0.0.0", mac), 68, EVERYBODY, 67)
            wire.udp(*ends, head / DHCP(options=[*options, "end"]))
    wire.wait(30)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
