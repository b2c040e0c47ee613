"""Magic packets: which machine they wake, and what is wrong with those that wake none.

Source: AMD, Magic Packet Technology (publication 20213): six octets of ones, the MAC sixteen times, and SecureOn's
password of four or six octets behind it; anywhere in the datagram.
"""

from analyzer import net
from analyzer.flows.table import FlowTable, MarkedFrame
from analyzer.protocols.wol import Magic, read_magic


def read_magics(table: FlowTable) -> tuple[tuple[MarkedFrame, Magic], ...]:
    """The magic packets among the marked datagrams, also incomplete ones, in order of time."""
    udp = table.proto == net.UDP
    return tuple(
        (mark, found) for mark in table.marks if udp[mark.flow] and (found := read_magic(mark.data, mark.length))
    )
