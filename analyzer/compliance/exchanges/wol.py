"""Magic packets: which machine they wake, and what is wrong with those that wake none.

Source: AMD, Magic Packet Technology (publication 20213): six octets of ones, the MAC sixteen times, and SecureOn's
password of four or six octets behind it; anywhere in the datagram.
"""

from analyzer import net
from analyzer.flows.marked import MarkedFrame
from analyzer.flows.table import FlowTable
from analyzer.protocols.wol import SYNC, Magic, read_magic


def read_magics(table: FlowTable) -> tuple[tuple[MarkedFrame, Magic], ...]:
    """The magic packets among the marked datagrams, also incomplete ones, in order of time."""
    udp = table.proto == net.UDP
    numbers = table.marks.containing(SYNC)
    numbers = numbers[udp[table.marks.flow[numbers]]]
    return tuple((mark, found) for mark in table.marks.frames(numbers) if (found := read_magic(mark.data, mark.length)))
