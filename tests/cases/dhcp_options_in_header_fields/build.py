from pathlib import Path

from scapy.layers.dhcp import BOOTP, DHCP

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for kind in ("discover", "offer", "request", "ack"):
        answer = kind in ("offer", "ack")
        head = BOOTP(
            op=2 if answer else 1,
            chaddr=bytes.fromhex(M1.mac.replace(":", "")),
            xid=5,
            yiaddr=M1.ip if answer else "0.0.0.0",
            file=b"\x43\x05boot/\xff" if answer else b"",
            sname=b"\x43\x05x64.0\xff" if answer else b"",
        )
        own = [("dhcp-option-overload", 3)] if answer else [("vendor_class_id", b"PXEClient:Arch:00000")]
        ends = (SERVER, 67, EVERYBODY, 68) if answer else (Host("0.0.0.0", M1.mac), 68, EVERYBODY, 67)
        wire.udp(*ends, head / DHCP(options=[("message-type", kind), *own, "end"]))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
