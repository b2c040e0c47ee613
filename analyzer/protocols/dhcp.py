"""DHCP messages, as octets.

Sources: RFC 951 and 2131 (transaction id, client hardware address, boot server and file), RFC 2132 (the options named
below), RFC 4578 (a PXE client's architecture and UUID), the PXE specification 2.1 (PXEClient).
"""

import re
import struct
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from analyzer import net

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)

OVERLOAD, MESSAGE_TYPE, SERVER_ID, VENDOR_CLASS, BOOT_SERVER, BOOT_FILE, ARCHITECTURE, CLIENT_UUID = (
    52, 53, 54, 60, 66, 67, 93, 97,
)  # fmt: skip
"""Options that are read."""

GIVE_BACK = frozenset({DECLINE, RELEASE})
"""Messages that give an address back, and that nobody answers (RFC 2131, section 4.4)."""

NO_ADDRESS = "0.0.0.0"

MAGIC_COOKIE = b"\x63\x82\x53\x63"


class Bootp(NamedTuple):
    """A DHCP message, as far as it was captured. Texts are the network's own and may hold anything.

    ``kind`` is 0 where no type was read; ``pxe``: the vendor class is PXEClient's. ``server_id``: how the server calls
    itself, the same behind a relay. ``boot_server``: an address or a name. ``architecture``: -1 where none is stated.
    """

    request: bool
    kind: int
    xid: int
    client_ip: str
    your_ip: str
    relay_ip: str
    client_mac: str
    pxe: bool
    server_id: str
    boot_server: str
    boot_file: str
    architecture: int
    uuid: str


def read_bootp(data: bytes) -> Bootp | None:
    """The message in a UDP payload; None where it is too short or no BOOTP message of an Ethernet client."""
    if len(data) < 44 or data[0] not in (1, 2) or data[1] != 1 or data[2] != 6:
        return None
    xid, client, yours, server, relay = struct.unpack(">4xI4xIIII", data[:28])
    options = dict(read_options(data))
    kind = options.get(MESSAGE_TYPE, b"\0")
    vendor = options.get(VENDOR_CLASS, b"")
    # The fields of the header may hold further options instead.
    overload = int.from_bytes(options.get(OVERLOAD, b""))
    name = b"" if overload & 2 else data[44:108].partition(b"\0")[0]
    file = b"" if overload & 1 else data[108:236].partition(b"\0")[0]
    next_server = address(server)
    return Bootp(
        request=data[0] == 1,
        kind=kind[0] if len(kind) == 1 and kind[0] <= INFORM else 0,
        xid=xid,
        client_ip=address(client),
        your_ip=address(yours),
        relay_ip=address(relay),
        client_mac=net.mac_text(int.from_bytes(data[28:34])),
        pxe=vendor.startswith(b"PXEClient"),
        server_id=address(int.from_bytes(own)) if len(own := options.get(SERVER_ID, b"")) == 4 else "",
        boot_server=next_server if next_server != NO_ADDRESS else text(options.get(BOOT_SERVER, b"") or name),
        boot_file=text(options.get(BOOT_FILE, b"") or file),
        architecture=architecture(options.get(ARCHITECTURE, b""), vendor),
        uuid=str(uuid.UUID(bytes_le=own[1:])) if len(own := options.get(CLIENT_UUID, b"")) == 17 else "",
    )


def address(word: int) -> str:
    return net.address_text(4, (0, 0, 0, word))


def text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("utf-8", "replace")


def architecture(option: bytes, vendor: bytes) -> int:
    """Option 93, else what the vendor class says (``PXEClient:Arch:00007:UNDI:003016``); -1 for neither."""
    if len(option) >= 2:
        return int.from_bytes(option[:2])
    stated = re.match(rb"PXEClient:Arch:(\d{5})", vendor)
    return int(stated[1]) if stated else -1


def read_options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(code, value) of the DHCP options that were captured whole."""
    at = 240
    if data[236:240] != MAGIC_COOKIE:
        return
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        end = at + 2 + data[at + 1]
        if end > len(data):
            return
        yield data[at], data[at + 2 : end]
        at = end
