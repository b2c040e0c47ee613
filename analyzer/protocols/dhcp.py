"""DHCP messages, as octets.

Sources: RFC 951 and 2131 (transaction id, client hardware address, boot server and file), RFC 2132 (the options named
below), RFC 3396 (an option in several pieces), RFC 4390 (clients without a hardware address), RFC 4578 (a PXE client's
architecture and UUID), RFC 4702 (the client's name with its domain), the PXE specification 2.1 (PXEClient).
"""

import re
import struct
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from analyzer import net

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)

(
    HOST_NAME, REQUESTED_IP, OVERLOAD, MESSAGE_TYPE, SERVER_ID, VENDOR_CLASS, CLIENT_ID, BOOT_SERVER, BOOT_FILE,
    CLIENT_FQDN, ARCHITECTURE, CLIENT_UUID,
) = (12, 50, 52, 53, 54, 60, 61, 66, 67, 81, 93, 97)  # fmt: skip
"""Options that are read."""
PAD, END = 0, 255

GIVE_BACK = frozenset({DECLINE, RELEASE})
"""Messages that give an address back. They get no answer (RFC 2131, section 4.4)."""

NO_ADDRESS = "0.0.0.0"

OPERATION_NUMBERS = (1, 2)
"""The first octet of a request and of an answer."""
SHORTEST = 44
"""Octets up to the end of the client's hardware address."""

MAGIC_COOKIE = b"\x63\x82\x53\x63"

ETHERNET, MAC_LENGTH, LONGEST_ADDRESS = 1, 6, 16

SERVER_NAME, FILE, OPTIONS_BEGIN = slice(44, 108), slice(108, 236), 240
FILE_HAS_OPTIONS, NAME_HAS_OPTIONS = 1, 2
"""Bits of the option OVERLOAD: the fields of the header that hold further options."""

IN_WIRE_FORMAT = 4
"""Bit of the option CLIENT_FQDN: each label of the name has its length before it (RFC 4702, section 2.1)."""
FQDN_HEAD = 3
"""Octets before the name in CLIENT_FQDN."""
_NAME = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE | re.ASCII)

ID_PREFIX = "client-id "
"""Begins the name of a client without a hardware address."""


class Bootp(NamedTuple):
    """A DHCP message, as far as it was captured. Texts are the network's own and may hold anything.

    ``kind`` is 0 where no type was read; ``pxe``: the vendor class is PXEClient's. ``client_mac``: the client's
    hardware address; where it states none, its client identifier after ID_PREFIX, or nothing. ``server_id``: how the
    server calls itself, the same behind a relay. ``boot_server``: an address or a name. ``architecture``: -1 where none
    is stated. ``requested_ip``: the address that the client asks for, or gives back.
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
    requested_ip: str

    @property
    def has_mac(self) -> bool:
        """Whether ``client_mac`` is a MAC."""
        return len(self.client_mac) == len("00:00:00:00:00:00")


def read_bootp(data: bytes) -> Bootp | None:
    """The message in a UDP payload; None where it is too short or no BOOTP message. One of a client that is not on
    Ethernet is known by its magic cookie."""
    if len(data) < SHORTEST or data[0] not in OPERATION_NUMBERS or data[2] > LONGEST_ADDRESS:
        return None
    if (data[1], data[2]) != (ETHERNET, MAC_LENGTH) and data[236:OPTIONS_BEGIN] != MAGIC_COOKIE:
        return None
    xid, client, yours, server, relay = struct.unpack(">4xI4xIIII", data[:28])
    options = dict(read_options(data))
    kind = options.get(MESSAGE_TYPE, b"\0")
    vendor = options.get(VENDOR_CLASS, b"")
    overload = overloaded(options)
    name = b"" if overload & NAME_HAS_OPTIONS else field_text(data, SERVER_NAME)
    file = b"" if overload & FILE_HAS_OPTIONS else field_text(data, FILE)
    next_server = address(server)
    return Bootp(
        request=data[0] == 1,
        kind=kind[0] if len(kind) == 1 and kind[0] <= INFORM else 0,
        xid=xid,
        client_ip=address(client),
        your_ip=address(yours),
        relay_ip=address(relay),
        client_mac=client_of(data[28 : 28 + data[2]], options.get(CLIENT_ID, b"")),
        pxe=vendor.startswith(b"PXEClient"),
        server_id=address(int.from_bytes(own)) if len(own := options.get(SERVER_ID, b"")) == 4 else "",
        boot_server=next_server if next_server != NO_ADDRESS else text(options.get(BOOT_SERVER, b"") or name),
        boot_file=text(options.get(BOOT_FILE, b"") or file),
        architecture=architecture(options.get(ARCHITECTURE, b""), vendor),
        uuid=str(uuid.UUID(bytes_le=own[1:])) if len(own := options.get(CLIENT_UUID, b"")) == 17 else "",
        requested_ip=address(int.from_bytes(own)) if len(own := options.get(REQUESTED_IP, b"")) == 4 else NO_ADDRESS,
    )


def client_of(hardware: bytes, identifier: bytes) -> str:
    """The name of a client: its MAC or other hardware address, else its client identifier, which may be a MAC."""
    if any(hardware) or (len(hardware) == MAC_LENGTH and not identifier):
        return hardware.hex(":")
    if len(identifier) == 1 + MAC_LENGTH and identifier[0] == ETHERNET:
        return identifier[1:].hex(":")
    return f"{ID_PREFIX}{identifier.hex(':')}" if identifier else ""


def computer_names(data: bytes) -> frozenset[str]:
    """The names that a client gives itself in a message: options HOST_NAME and CLIENT_FQDN, in lower case, without a
    dot at the end. A name that no computer can have is left out."""
    options = dict(read_options(data))
    own, full = options.get(HOST_NAME, b""), options.get(CLIENT_FQDN, b"")
    name = full[FQDN_HEAD:]
    texts = own.rstrip(b"\0"), labels_of(name) if full[:1] and full[0] & IN_WIRE_FORMAT else name.rstrip(b"\0")
    found = (octets.decode("latin-1") for octets in texts)
    return frozenset(text.lower().rstrip(".") for text in found if _NAME.fullmatch(text))


def labels_of(octets: bytes) -> bytes:
    """The labels of a name in the wire format of RFC 1035, with dots between them; nothing where it is damaged."""
    labels, at = [], 0
    while at < len(octets) and octets[at]:
        end = at + 1 + octets[at]
        if end > len(octets):
            return b""
        labels.append(octets[at + 1 : end])
        at = end
    return b".".join(labels)


def overloaded(options: dict[int, bytes]) -> int:
    """Which fields of the header hold options instead, as bits."""
    return int.from_bytes(options.get(OVERLOAD, b"")[:1])


def field_text(data: bytes, field: slice) -> bytes:
    """The text in a field of the header; nothing where its end was not captured."""
    octets, end, _ = data[field].partition(b"\0")
    return octets if end or len(data) >= field.stop else b""


def address(word: int) -> str:
    return net.address_text(4, (0, 0, 0, word))


def text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("utf-8", "replace")


def architecture(option: bytes, vendor: bytes) -> int:
    """Option 93, else the architecture in the vendor class (``PXEClient:Arch:00007:UNDI:003016``); -1 for neither."""
    if len(option) >= 2:
        return int.from_bytes(option[:2])
    stated = re.match(rb"PXEClient:Arch:(\d{5})", vendor)
    return int(stated[1]) if stated else -1


def read_options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(code, value) of the DHCP options that were captured whole, each once: the pieces of an option are one value, and
    the fields of the header may hold further options (RFC 2131, section 4.1)."""
    if data[236:OPTIONS_BEGIN] != MAGIC_COOKIE:
        return
    found: dict[int, bytes] = {}
    collect_options(data[OPTIONS_BEGIN:], found)
    overload = overloaded(found)
    for field, bit in ((FILE, FILE_HAS_OPTIONS), (SERVER_NAME, NAME_HAS_OPTIONS)):
        if overload & bit:
            collect_options(data[field], found)
    yield from found.items()


def collect_options(area: bytes, found: dict[int, bytes]) -> None:
    """Add the options of one area to those that were found before; a further piece goes behind."""
    at = 0
    while at + 1 < len(area) and area[at] != END:
        if area[at] == PAD:
            at += 1
            continue
        end = at + 2 + area[at + 1]
        if end > len(area):
            return
        found[area[at]] = found.get(area[at], b"") + area[at + 2 : end]
        at = end
