from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER, STRANGER
from tests.packets import Wire

QUERY, RESPONSE = b"\x12\x34\x01\x00", b"\x12\x34\x81\x80"
NTP_REQUEST, NTP_ANSWER = b"\x23\0\0\0", b"\x24\0\0\0"


def build(folder: Path) -> None:
    wire = Wire()
    wire.udp(STRANGER, 53, M1, 45000, RESPONSE)  # its query was before the capture
    wire.udp(SERVER, 123, M1, 45001, NTP_ANSWER + bytes(44))
    wire.udp(M1, 45001, SERVER, 123, NTP_REQUEST + bytes(44))
    wire.udp(M1, 161, SERVER, 45002, b"0\x29\x02\x01")
    wire.udp(STRANGER, 53, M1, 45003, QUERY)  # a query, from any port
    wire.udp(STRANGER, 123, M1, 45004, NTP_REQUEST + bytes(44))
    wire.udp(STRANGER, 53, M1, 123, RESPONSE)  # both ports are those of services
    for number, (port, host) in enumerate(((3389, M1), (445, M2), (56023, OTHER))):
        wire.segment(host, port, STRANGER, 50000 + number, "PA", seq=1, ack=2, data=b"x")
        wire.segment(STRANGER, 50000 + number, host, port, "A", seq=2, ack=2)
    wire.segment(STRANGER, 20, M1, 50003, "PA", seq=1, ack=2, data=b"x")  # FTP: the server opens it
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
