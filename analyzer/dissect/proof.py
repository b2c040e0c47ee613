"""Which contents prove which application.

tshark names a protocol by port number when nothing better is at hand, and shows random octets on port 53 as a DNS
message. An application is named here only where its layer holds what no chance produces: a magic number, a version
that exists, words of the protocol, counts that agree. One row a protocol, in one table; what is not in it has no name.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from analyzer.dissect.layers import Layer, Layers

_METHODS = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "BITS_POST",
    "CCM_POST", "RPC_IN_DATA", "RPC_OUT_DATA",
}  # fmt: skip
_COMMANDS = {
    "USER", "PASS", "QUIT", "SYST", "PASV", "EPSV", "PORT", "EPRT", "LIST", "RETR", "STOR", "CWD", "PWD", "TYPE",
    "FEAT", "AUTH", "NOOP",
}  # fmt: skip
_SMTP = {"EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT", "RSET", "AUTH", "STARTTLS", "NOOP", "VRFY"}
_DNS_CLASSES, _UNIQUE = frozenset({1, 3, 4, 254, 255}), 0x8000
"""Classes of DNS records (RFC 6895), and the bit that multicast DNS adds (RFC 6762)."""
_HANDSHAKES = frozenset({0, 1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24})


def _dhcp(layer: Layer) -> bool:
    return layer.number("type") in (1, 2) and layer.first("cookie") == "99.130.83.99" and layer.number("hw_len") <= 16


def _dhcpv6(layer: Layer) -> bool:
    named = 1 <= layer.number("msgtype") <= 36
    return named and layer.has("option_type") and all(1 <= int(code, 0) <= 200 for code in layer.all("option_type"))


def _tftp(layer: Layer) -> bool:
    operation = layer.number("opcode")
    if operation in (1, 2):
        return _file(layer) and layer.first("type").lower() in ("octet", "netascii", "mail")
    if operation == 5:
        return 0 <= layer.number("error_code") <= 8
    return (operation in (3, 4) and layer.has("block")) or (operation == 6 and layer.has("option_name"))


def _file(layer: Layer) -> bool:
    return bool(layer.first("source_file") or layer.first("destination_file"))


def _wol(layer: Layer) -> bool:
    return layer.first("sync") == "ff:ff:ff:ff:ff:ff" and len(layer.all("mac")) >= 16


def _http(layer: Layer) -> bool:
    if layer.has("request_method"):
        return layer.first("request_method") in _METHODS and layer.first("request_version").startswith("HTTP/1.")
    return 100 <= layer.number("response_code") <= 599 and layer.first("response_version").startswith("HTTP/1.")


def _tls(layer: Layer) -> bool:
    kind = layer.number("record_content_type")
    if kind < 0:  # TLS 1.3 calls the same octet by another name once the contents are sealed
        kind = layer.number("record_opaque_type")
    fits = 20 <= kind <= 24 and 0x0300 <= layer.number("record_version") <= 0x0304
    plain = not layer.has("handshake_type") or layer.number("handshake_type") in _HANDSHAKES
    return fits and plain and 0 < layer.number("record_length") <= 16_640


def _dtls(layer: Layer) -> bool:
    return 20 <= layer.number("record_content_type") <= 26 and layer.number("record_version") in (0xFEFF, 0xFEFD)


def _ssh(layer: Layer) -> bool:
    return layer.first("protocol").startswith("SSH-") or (layer.number("message_code") == 20 and _has_words(layer))


def _has_words(layer: Layer) -> bool:
    return bool(layer.first("kex_algorithms")) and layer.first("kex_algorithms").isascii()


def _dns(layer: Layer) -> bool:
    """Whether the bits that the standard sets to zero are zero, with no more records than a message can contain, all of
    known classes, and nothing behind them."""
    counts = [layer.number("count_" + name) for name in ("queries", "answers", "auth_rr", "add_rr")]
    sound = layer.number("flags_opcode") in (0, 2, 4, 5) and layer.first("flags_z") != "True"
    few = sum(counts) > 0 and min(counts) >= 0 and max(counts) <= 100 and counts[0] <= 20
    named = layer.has("qry_name") or layer.has("resp_name")
    classes = {int(text, 0) & ~_UNIQUE for name in ("qry_class", "resp_class") for text in layer.all(name)}
    return sound and few and named and classes <= _DNS_CLASSES and not layer.has("extraneous_length")


def _nbns(layer: Layer) -> bool:
    counts = [layer.number("count_" + name) for name in ("queries", "answers", "auth_rr", "add_rr")]
    return layer.number("flags_opcode") in (0, 5, 6, 7, 8, 15) and 0 < sum(counts) <= 20 and layer.has("name")


def _ntp(layer: Layer) -> bool:
    """Whether both delays of a clock are seconds at most: random octets do not make both small."""
    head = 1 <= layer.number("flags_vn") <= 4 and 1 <= layer.number("flags_mode") <= 5 and layer.number("stratum") <= 16
    try:
        return head and all(0 <= float(layer.first(name)) < 16 for name in ("rootdelay", "rootdispersion"))
    except ValueError:
        return False


def _smtp(layer: Layer) -> bool:
    reply = layer.first("rsp_code") or layer.first("response_code")
    return layer.first("req_command").upper() in _SMTP or (reply.isdigit() and 200 <= int(reply) <= 599)


def _ftp(layer: Layer) -> bool:
    return layer.first("request_command").upper() in _COMMANDS or 100 <= layer.number("response_code") <= 599


def _dcerpc(layer: Layer) -> bool:
    return layer.number("ver") == 5 and 0 <= layer.number("ver_minor") <= 1 and 0 <= layer.number("pkt_type") <= 19


def _quic(layer: Layer) -> bool:
    version = layer.number("version")
    return version in (1, 0x6B3343CF) or version >> 8 == 0xFF0000


def _vnc(layer: Layer) -> bool:
    return layer.has("server_proto_ver") or layer.has("client_proto_ver")


SEVERE = frozenset(
    {"dns", "mdns", "llmnr", "nbns", "dhcpv6", "ldap", "kerberos", "snmp", "dcerpc", "ntp", "rdp", "tds"}
)
"""Proofs too weak for a frame that tshark calls malformed, and for a guess that comes before the port."""

PROOFS: Mapping[str, tuple[str, Callable[[Layer], bool]]] = {
    "dcerpc": ("dcerpc", _dcerpc),
    "dhcp": ("dhcp", _dhcp),
    "dhcpv6": ("dhcpv6", _dhcpv6),
    "dns": ("dns", _dns),
    "dtls": ("dtls", _dtls),
    "ftp": ("ftp", _ftp),
    "http": ("http", _http),
    "http2": ("http", lambda layer: layer.has("magic")),
    "kerberos": ("kerberos", lambda layer: layer.number("pvno") == 5),
    "ldap": ("ldap", lambda layer: layer.has("messageID") and 0 <= layer.number("protocolOp") <= 25),
    "llmnr": ("llmnr", _dns),
    "mdns": ("mdns", _dns),
    "mysql": ("mysql", lambda layer: layer.number("protocol") == 10 and layer.first("version")[:1].isdigit()),
    "nbns": ("nbns", _nbns),
    "ntp": ("ntp", _ntp),
    "quic": ("quic", _quic),
    "rdp": ("rdp", lambda layer: bool(layer.fields)),
    "rpc": ("sunrpc", lambda layer: layer.number("msgtyp") in (0, 1) and layer.number("version") == 2),
    "smb": ("smb", lambda layer: layer.number("server_component") == 0x424D53FF),
    "smb2": ("smb", lambda layer: layer.first("protocol_id") in ("0xfe534d42", "0x424d53fe", "0xfd534d42")),
    "smtp": ("smtp", _smtp),
    "snmp": ("snmp", lambda layer: 0 <= layer.number("version") <= 3 and layer.has("request_id")),
    "ssdp": ("ssdp", _http),
    "ssh": ("ssh", _ssh),
    "syslog": ("syslog", lambda layer: 0 <= layer.number("facility") <= 23 and layer.has("level")),
    "tftp": ("tftp", _tftp),
    "tls": ("tls", _tls),
    "vnc": ("vnc", _vnc),
    "wol": ("wake-on-lan", _wol),
}
"""tshark's name of a layer -> the application, and what its fields must be."""


def _begun(frame: Layers) -> bool:
    """Whether a TLS handshake begins that is longer than its segment: tshark prints ``tls`` and none of its fields."""
    head = bytes.fromhex(frame.layers.get("tcp", Layer()).first("payload")[:32].replace(":", ""))
    if len(head) < 10 or head[0] != 22 or head[1] != 3 or head[2] > 4 or head[5] not in (1, 2):
        return False
    # Record and handshake both state a length, and the version follows: 4 octets of header lie between the two.
    record, handshake = int.from_bytes(head[3:5]), int.from_bytes(head[6:9])
    return 4 < record <= 16_640 and handshake + 4 >= record and head[9] == 3


_TRANSPORTS = ("tcp", "udp")
_QUOTES = frozenset({"icmp", "icmpv6"})


@lru_cache(maxsize=4096)
def payload_protocols(protocols: tuple[str, ...]) -> tuple[str, ...]:
    """The protocols above TCP or UDP. None for an ICMP error: it did not send what it quotes."""
    for place, name in enumerate(protocols):
        if name in _QUOTES:
            return ()
        if name in _TRANSPORTS:
            return tuple(dict.fromkeys(each for each in protocols[place + 1 :] if each != "data"))
    # Magic packets may also come straight over Ethernet.
    return ("wol",) if "wol" in protocols else ()


_SHORTEST = 3
"""Octets of the shortest proof over TCP, without the end of its line: FTP has replies (``220``) of this length."""


def long_enough(frame: Layers) -> bool:
    """Whether the payload has as many octets as a proof. A keep-alive of TCP, or a reply such as ``ok``, has not."""
    if "tcp" not in frame.protocols:
        return True
    payload = frame.layers.get("tcp", Layer()).first("payload").replace(":", "")
    return not payload or len(bytes.fromhex(payload[:32]).rstrip()) >= _SHORTEST


def recognised(frame: Layers, *, guessed: bool = False) -> tuple[str, Layer]:
    """The outermost application that the content proves, and its layer; ``""`` and an empty one where there is none.

    ``guessed``: tshark tried its guesses for datagrams before the port. Then a weak proof is none: DNS is guessed in
    the messages of other protocols, such as CAPWAP.
    """
    weak = frame.malformed or (guessed and "udp" in frame.protocols)
    for name in payload_protocols(frame.protocols):
        layer = frame.layers.get(name)
        if name not in PROOFS or layer is None or (weak and name in SEVERE):
            continue
        application, proves = PROOFS[name]
        try:
            if proves(layer) or (name == "tls" and _begun(frame)):
                return application, layer
        except ValueError:
            continue
    return "", Layer()
