"""What a target or a profile cannot express, as codes with values; sentences are made of them last."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from analyzer.text import clip, visible

MOST_NAMES = 5
"""A sentence lists so many names and counts the others."""
LONGEST_NAME = 80


class LossCode(StrEnum):
    """Every kind of loss."""

    # The table and the profile
    NEVER_ON_WIRE = "never-on-wire"
    ROLE_WITHOUT_ADDRESS = "role-without-address"
    ROLE_OTHER = "role-other"
    NO_COMMON_VERSION = "no-common-version"
    ICMP_IS_IPV4 = "icmp-is-ipv4"
    MACHINE_OUTSIDE_SEGMENTS = "machine-outside-segments"
    SERVER_SEGMENT_UNKNOWN = "server-segment-unknown"
    NO_DIRECTED_BROADCAST = "no-directed-broadcast"
    # Conditions that are in no header of one packet
    WOKEN_MACHINE = "woken-machine"
    GROUP_NOT_PRINTED = "group-not-printed"
    PORT_NOT_PRINTED = "port-not-printed"
    ANY_HARDWARE_ADDRESS = "any-hardware-address"
    APPLICATION = "application"
    SERIES = "series"
    NEEDED_ITEMS = "needed-items"
    # The target
    EXECUTABLE = "executable"
    EACH_PACKET = "each-packet-alone"
    TRANSFER_WITHOUT_REQUEST = "transfer-without-request"
    OWN_SEGMENT_ONLY = "own-segment-only"
    NO_TARGET_HARDWARE_ADDRESS = "no-target-hardware-address"
    NO_HARDWARE_ADDRESS = "no-hardware-address"
    IPV6_EXTENSION_HEADERS = "ipv6-extension-headers"
    FRAGMENTS = "fragments"
    TAGS_AND_TUNNELS = "tags-and-tunnels"
    LINK_LAYER = "link-layer"
    INNER_HEADERS = "inner-headers"
    ONE_OF_THE_FRAGMENTS = "one-of-the-fragments"
    CONNECTIONS_UNDER_WAY = "connections-under-way"
    # Windows
    NOT_RUN = "not-run"
    DRIVE = "drive"
    PROGRAM_WITHOUT_PATH = "program-without-path"
    PROGRAM_NOT_PRINTED = "program-not-printed"
    PROGRAM_NO_PATH = "program-no-path"
    NO_WINDOWS_YET = "no-windows-yet"
    NOT_WINDOWS = "not-windows"
    ANY_REMOTE_ADDRESS = "any-remote-address"
    TOO_WIDE = "too-wide"


SENTENCES: dict[LossCode, str] = {
    LossCode.NEVER_ON_WIRE: (
        "The connection stays inside one machine. No packet of it is on a network, so nothing is written."
    ),
    LossCode.ROLE_WITHOUT_ADDRESS: "The profile has no address for {}. Nothing is written for that role.",
    LossCode.ROLE_OTHER: (
        "The row names machines without a DPM role. The profile has no addresses of them, so nothing is written "
        "for them."
    ),
    LossCode.NO_COMMON_VERSION: "No originator shares an IP version with a responder. Nothing is written.",
    LossCode.ICMP_IS_IPV4: "The row is of ICMP, which is IPv4. IPv6 addresses of the profile are left out.",
    LossCode.MACHINE_OUTSIDE_SEGMENTS: (
        "The profile has no segment around {}. Their directed broadcast addresses are not known."
    ),
    LossCode.SERVER_SEGMENT_UNKNOWN: (
        "No segment of the profile contains the DPM Server. 255.255.255.255 and the directed broadcasts of every "
        "segment are taken."
    ),
    LossCode.NO_DIRECTED_BROADCAST: "These segments have no directed broadcast address: {}.",
    LossCode.WOKEN_MACHINE: (
        "The filter does not read which machine the datagram wakes. A broadcast into the wrong segment (footnote "
        "*3) is taken."
    ),
    LossCode.GROUP_NOT_PRINTED: (
        "No group is printed. Every multicast group beyond the local link is taken, those of other protocols too."
    ),
    LossCode.PORT_NOT_PRINTED: "No port is printed. Every port is taken.",
    LossCode.ANY_HARDWARE_ADDRESS: (
        "A machine without an address sends from 0.0.0.0. Some machines of the profile have no MAC, so any MAC is"
        " taken there."
    ),
    LossCode.APPLICATION: "The row is of the application {}. The filter does not look for it.",
    LossCode.SERIES: "The rows of one boot come in an order. The filter does not look at the order.",
    LossCode.NEEDED_ITEMS: "A footnote makes rows of other items necessary: {}. Export them with this row.",
    LossCode.EXECUTABLE: "The programs are not compared: {}.",
    LossCode.EACH_PACKET: (
        "Each packet is judged separately: an answer without a request is taken. Later segments of a connection in the"
        " wrong direction are taken too."
    ),
    LossCode.TRANSFER_WITHOUT_REQUEST: (
        "A transfer from a free port of the server (TFTP) is recognised by its first two octets. It is not checked "
        "whether a request came before."
    ),
    LossCode.OWN_SEGMENT_ONLY: (
        "Machines for which the profile has only a MAC are taken only where their own frames pass, which is their own "
        "segment: {}."
    ),
    LossCode.NO_TARGET_HARDWARE_ADDRESS: (
        "nftables on a host or router does not see the MAC that a packet goes to. Packets to machines for "
        "which the profile has only a MAC are not taken: {}."
    ),
    LossCode.NO_HARDWARE_ADDRESS: (
        "Windows Firewall compares no MAC. Nothing is written for machines for which the profile has only a MAC: {}."
    ),
    LossCode.IPV6_EXTENSION_HEADERS: "IPv6 packets with extension headers are not taken.",
    LossCode.FRAGMENTS: "IP fragments after the first one carry no ports and are not taken.",
    LossCode.ONE_OF_THE_FRAGMENTS: (
        "Of a fragmented packet, the filter takes only the frame in which Wireshark reassembles it."
    ),
    LossCode.TAGS_AND_TUNNELS: "Frames with a VLAN tag and packets inside tunnels are not taken.",
    LossCode.LINK_LAYER: "Expressions with a MAC need an Ethernet capture (not the interface any).",
    LossCode.INNER_HEADERS: (
        "A packet inside a tunnel has two headers of a kind. Wireshark compares each field with any of them."
    ),
    LossCode.CONNECTIONS_UNDER_WAY: "A connection that began before the rules were loaded may match no row.",
    LossCode.NOT_RUN: "These commands were not run on Windows. Only their syntax was checked.",
    LossCode.DRIVE: "The table prints no drive. The paths have %SystemDrive%.",
    LossCode.PROGRAM_WITHOUT_PATH: "The table prints no path of {}. The rule on that side names no program.",
    LossCode.PROGRAM_NOT_PRINTED: "The table prints no program for {}. The rule on that side names none.",
    LossCode.PROGRAM_NO_PATH: "This is no path of a Windows program in ASCII letters: {}. Nothing is written for it.",
    LossCode.NO_WINDOWS_YET: "The machine has not started Windows when this happens. Nothing is written for its side.",
    LossCode.NOT_WINDOWS: "These machines run Linux, which has no Windows Firewall. Open the row there by hand: {}.",
    LossCode.ANY_REMOTE_ADDRESS: (
        "A machine that asks has no address yet. The rule on the answering side takes any remote address."
    ),
    LossCode.TOO_WIDE: (
        "Neither a port nor a program is known for this side. An inbound rule would open every port, so nothing "
        "is written for it."
    ),
}
"""One sentence for each code; ``{}`` is replaced by the values."""


@dataclass(frozen=True, order=True)
class ExportLoss:
    """What is lost. ``row``: the row's id, empty for every row. ``values``: names that the sentence lists."""

    row: str
    code: LossCode
    values: tuple[str, ...] = ()


def sentence(loss: ExportLoss) -> str:
    """The loss in words, without the row; every control character is escaped."""
    return SENTENCES[loss.code].format(_names(loss.values))


def _names(values: tuple[str, ...]) -> str:
    shown = ", ".join(clip(value, LONGEST_NAME) for value in values[:MOST_NAMES])
    more = len(values) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def summary(losses: Iterable[ExportLoss]) -> list[str]:
    """One line for each sentence with the rows that it is about, in the order of the losses."""
    rows: dict[tuple[LossCode, tuple[str, ...]], list[str]] = {}
    for loss in losses:
        rows.setdefault((loss.code, loss.values), []).append(loss.row)
    return [f"{_rows(of)}: {sentence(ExportLoss('', code, values))}" for (code, values), of in rows.items()]


def _rows(rows: list[str]) -> str:
    return ", ".join(visible(row) for row in dict.fromkeys(rows) if row) or "every row"
