"""The words for what a decoded frame is: why it is in no flow, through which tunnels it came, its link type.

The numbers are those that capture kernels are compiled with (``capture/kernel/frame_slots.py``).
"""

from enum import IntEnum

from analyzer.capture.kernel import frame_slots as f

TUNNEL_NAMES = {
    f.GRE: "gre", f.ERSPAN: "erspan", f.VXLAN: "vxlan", f.GENEVE: "geneve", f.IP_IN_IP: "ip-in-ip",
    f.TEREDO: "teredo", f.GTP: "gtp", f.MPLS_IN_IP: "mpls-in-ip", f.TZSP: "tzsp", f.CAPWAP: "capwap", f.LISP: "lisp",
    f.L2TP: "l2tp", f.ETHERIP: "etherip", f.EOIP: "eoip", f.ETHERNET_IN_IP: "ethernet-in-ip",
}  # fmt: skip
"""Tunnels by their bit. ``ip-in-ip`` is either version in either, ``gre`` includes NVGRE."""


def tunnel_names(kinds: int) -> tuple[str, ...]:
    """The words for a mask of tunnels, in the order of their bits; none for a flow that came through none."""
    return tuple(name for bit, name in TUNNEL_NAMES.items() if kinds > 0 and kinds & bit)


class Aside(IntEnum):
    """Why a frame is in no flow. The words are those of ``frames`` in the report."""

    NONE = f.IN_FLOW
    ARP = f.ARP
    NOT_IP = f.NOT_IP
    ENCAPSULATED = f.ENCAPSULATED
    LINK_TYPE = f.LINK_TYPE
    CUT_SHORT = f.CUT_SHORT
    MALFORMED = f.MALFORMED
    FRAGMENT = f.FRAGMENT
    ICMP_ERROR = f.ICMP_ERROR
    WAKE = f.WAKE
    ENCRYPTED = f.ENCRYPTED
    DEEP = f.DEEP
    REST = f.REST
    OVER = f.OVER

    @property
    def word(self) -> str:
        return WORDS[self]

    @property
    def phrase(self) -> str:
        """The word as people read it."""
        return PHRASES.get(self, WORDS[self])


# Keys of report.json: a changed word would break programs that read reports.
WORDS = {
    Aside.NONE: "in a flow",
    Aside.ARP: "arp",
    Aside.NOT_IP: "not IP",
    Aside.ENCAPSULATED: "encapsulation not read",
    Aside.LINK_TYPE: "link type not read",
    Aside.CUT_SHORT: "headers cut short",
    Aside.MALFORMED: "malformed headers",
    Aside.FRAGMENT: "later IP fragment without its first one",
    Aside.ICMP_ERROR: "icmp error, told with the flow that it quotes",
    Aside.WAKE: "magic packet straight over Ethernet",
    Aside.ENCRYPTED: "encrypted below IP",
    Aside.DEEP: "nested too deep",
    Aside.REST: "later fragment of a tunnel's packet, told with the flow inside",
    Aside.OVER: "beyond the limit of flows",
}
PHRASES = {
    Aside.ICMP_ERROR: "ICMP errors, counted with the flows that they quote",
    Aside.REST: "later fragments of packets of a tunnel, counted with the flows inside",
}
"""What people read instead of a word."""

LINK_NAMES = {
    f.NULL: "null", f.ETHERNET: "ethernet", f.TOKEN_RING: "token-ring", f.SLIP: "slip", f.PPP: "ppp", f.FDDI: "fddi",
    f.RAW_12: "raw-ip", f.RAW_14: "raw-ip", f.PPP_HDLC: "ppp-hdlc", f.PPP_ETHER: "ppp-ether", f.ATM: "atm-rfc1483",
    f.RAW: "raw-ip", f.CISCO_HDLC: "cisco-hdlc", f.WIFI_LINK: "802.11", f.ATM_CLIP: "atm-clip",
    f.FRAME_RELAY: "frame-relay", f.LOOP: "loop", f.ENC: "enc", f.SLL: "linux-sll", f.PFLOG: "pflog", f.PRISM: "prism",
    f.SUN_ATM: "sun-atm", f.RADIOTAP: "radiotap", f.AVS: "avs", f.PPP_PPPD: "ppp-pppd", f.PPI: "ppi",
    f.PPP_DIRECTION: "ppp-with-direction", f.IPV4: "ipv4", f.IPV6: "ipv6", f.NFLOG: "nflog", f.PKTAP: "pktap",
    f.SLL2: "linux-sll2",
}  # fmt: skip

READ_LINKS = frozenset(LINK_NAMES)

COOKED_LINKS = frozenset({f.SLL, f.SLL2})
"""Linux's cooked captures: always taken on one machine, and with the sender's hardware address only."""

FOREIGN_LINKS = {
    7: "arcnet", 129: "arcnet-linux", 130: "juniper-mlppp", 131: "juniper-mlfr", 132: "juniper-es", 133: "juniper-ggsn",
    134: "juniper-mfr", 135: "juniper-atm2", 136: "juniper-services", 137: "juniper-atm1", 138: "apple-firewire",
    143: "docsis", 167: "juniper-pppoe", 168: "juniper-pppoe-atm", 178: "juniper-ethernet", 179: "juniper-ppp",
    180: "juniper-frame-relay", 181: "juniper-hdlc", 187: "bluetooth-h4", 189: "usb-linux", 195: "802.15.4", 197: "erf",
    201: "bluetooth-h4-with-direction", 220: "usb-linux-mmapped", 240: "netanalyzer",
    241: "netanalyzer-transparent", 242: "ip-over-infiniband", 247: "infiniband", 249: "usbpcap", 253: "netlink",
    271: "vsock", 274: "ethernet-mpacket", 280: "dsa-tag-broadcom", 281: "dsa-tag-broadcom-prepend",
    283: "dsa-tag-marvell", 284: "dsa-tag-marvell-extended",
}  # fmt: skip
"""Names of link types that are not read, after the tcpdump group's registry."""


def link_name(number: int) -> str:
    """``ethernet``; with its number for one that is not read: ``usbpcap (link type 249)``, ``link type 147``."""
    if number in READ_LINKS:
        return LINK_NAMES[number]
    plain = f"link type {number}"
    return f"{FOREIGN_LINKS[number]} ({plain})" if number in FOREIGN_LINKS else plain
