from pathlib import Path

from tests.cases.hosts import COMMANDS, M1, M2, SERVER
from tests.packets import Wire

HELLO = bytes.fromhex(
    "16030100410100003d0303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000600130016002f01000000"
    "0e000d000a0008040108040401080500"
)
GET = b"GET /dpm HTTP/1.1\r\nHost: 10.20.0.10\r\nUser-Agent: dpmcmd\r\n\r\n"


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(COMMANDS, 50080, SERVER, 80, say=GET)
    wire.tcp(COMMANDS, 50443, SERVER, 80, say=HELLO)
    wire.tcp(M1, 56030, SERVER, 56030, say=GET)
    wire.tcp(SERVER, 50010, M1, 56010, say=b"\x01\x02\x03\x04 no protocol that a dissector knows")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
