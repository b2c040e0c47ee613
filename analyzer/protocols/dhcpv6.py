"""Network boots over IPv6: recognised, and not followed, since no row of the table covers them.

Sources: RFC 8415 (messages and options of DHCPv6), RFC 5970 (boot file URL, client architecture), and the vendor class
that PXE clients state there too.
"""

import struct
from collections.abc import Iterator

from analyzer import net

PORTS = frozenset({net.DHCP6_CLIENT, net.DHCP6_SERVER})
VENDOR_CLASS, BOOT_URL, BOOT_PARAMETERS, ARCHITECTURE = 16, 59, 60, 61
SOLICIT, INFORMATION_REQUEST = 1, 11
RELAYED = frozenset({12, 13})
CLIENTS = (b"PXEClient", b"HTTPClient")


def is_boot(data: bytes) -> bool:
    """Whether a DHCPv6 message asks for a network boot, or offers one."""
    if len(data) < 8 or data[0] in RELAYED or not SOLICIT <= data[0] <= INFORMATION_REQUEST:
        return False
    for code, value in read_options(data):
        if code in (BOOT_URL, BOOT_PARAMETERS, ARCHITECTURE):
            return True
        if code == VENDOR_CLASS and any(name in value for name in CLIENTS):
            return True
    return False


def read_options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(code, value) of the options that were captured whole."""
    at = 4
    while at + 4 <= len(data):
        code, length = struct.unpack_from(">HH", data, at)
        if at + 4 + length > len(data):
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length
