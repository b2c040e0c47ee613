"""Wake-on-LAN magic packets, as octets.

Source: AMD, Magic Packet Technology (publication 20213): six octets of ones, the MAC sixteen times, and SecureOn's
password of four or six octets behind it; anywhere in the datagram.
"""

from typing import NamedTuple

from analyzer import net

SYNC = b"\xff" * 6

TIMES = 16

PASSWORDS = (4, 6)


class Magic(NamedTuple):
    """A magic packet, or what began as one. ``target``: the MAC that it names. ``times``: how often it does; fewer
    than sixteen wake no machine. ``cut``: the rest of it was not captured. ``password``: octets of SecureOn's password,
    which itself is not kept: it is a secret of the machine."""

    target: str
    times: int
    cut: bool
    password: int

    @property
    def whole(self) -> bool:
        """Whether it wakes its target."""
        return self.times == TIMES

    @property
    def named(self) -> bool:
        """Whether it names its target as far as it was captured."""
        return self.whole or self.cut


def read_magic(data: bytes, length: int) -> Magic | None:
    """The magic packet in a payload, else the longest beginning of one; None where there is neither.

    ``data``: the payload as far as it was captured; ``length``: its octets as sent.
    """
    best = None
    start = data.find(SYNC)
    while start >= 0:
        mac = data[start + 6 : start + 12]
        times = repeats(data, start + 6, mac) if len(mac) == 6 else 0
        if times and (best is None or times > best.times) and (times == TIMES or mac != SYNC):
            rest = length - (start + 6 + 6 * TIMES)
            password = rest if times == TIMES and rest in PASSWORDS else 0
            cut = times < TIMES and start + 6 + 6 * times + 6 > len(data) and len(data) < length and rest >= 0
            best = Magic(net.mac_text(int.from_bytes(mac)), times, cut, password)
        if times == TIMES:
            break
        start = data.find(SYNC, start + 1)
    return best


def repeats(data: bytes, at: int, mac: bytes) -> int:
    """How often ``mac`` is repeated there, sixteen times at most."""
    times = 0
    while times < TIMES and data[at + 6 * times : at + 6 * times + 6] == mac:
        times += 1
    return times
