"""The facts of a recognised layer that reports show, under names that do not change with tshark's version."""

import re
from collections.abc import Callable, Mapping

from analyzer.dissect.layers import Layer
from analyzer.net import TFTP_ERRORS, architecture_name
from analyzer.text import clip

_LONGEST = 500
"""The most letters of a fact: file names and host names are shorter, and a capture may contain anything."""

_MESSAGES = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release", 8: "inform",
    10: "lease-query",
}  # fmt: skip
_MESSAGES6 = {
    1: "solicit", 2: "advertise", 3: "request", 4: "confirm", 5: "renew", 6: "rebind", 7: "reply", 8: "release",
    9: "decline", 10: "reconfigure", 11: "information-request", 12: "relay-forward", 13: "relay-reply",
}  # fmt: skip
_OPERATIONS = {1: "read", 2: "write", 3: "data", 4: "ack", 5: "error", 6: "options"}
_TLS_VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}


def _dhcp(layer: Layer) -> dict[str, str]:
    kind = layer.number("option_dhcp")
    return {
        "message_type": _MESSAGES.get(kind, str(kind)) if kind >= 0 else "",
        "client_mac": layer.first("hw_mac_addr"),
        "xid": layer.first("id"),
        "client_uuid": layer.first("client_id_uuid"),
        "vendor_class": layer.first("option_vendor_class_id"),
        "architecture": _architecture(layer),
        "server_id": layer.first("option_dhcp_server_id"),
        "offered_address": _address(layer.first("ip_your")),
        "boot_file": layer.first("file") or layer.first("option_bootfile_name"),
        "boot_server": _address(layer.first("ip_server")) or layer.first("server") or _named_server(layer),
    }


def _named_server(layer: Layer) -> str:
    return layer.first("option_tftp_server_name")


def _architecture(layer: Layer) -> str:
    """Option 93, or the number in the vendor class (``PXEClient:Arch:00007:UNDI:003016``)."""
    number = layer.number("option_client_system_architecture")
    if number < 0:
        stated = re.match(r"(?:PXE|HTTP)Client:Arch:(\d{1,5})", layer.first("option_vendor_class_id"))
        if stated is None:
            return ""
        number = int(stated[1])
    return architecture_name(number)


def _address(text: str) -> str:
    return "" if text == "0.0.0.0" else text


def _dhcpv6(layer: Layer) -> dict[str, str]:
    kind = layer.number("msgtype")
    return {"message_type": _MESSAGES6.get(kind, str(kind))}


def _tftp(layer: Layer) -> dict[str, str]:
    operation = layer.number("opcode")
    facts = {"operation": _OPERATIONS.get(operation, "")}
    if operation in (1, 2):
        # In a later frame tshark repeats the file of the request that it remembers: not this frame's own words.
        facts["file"] = layer.first("source_file") or layer.first("destination_file")
        facts["mode"] = layer.first("type").lower()
    if operation in (3, 4):
        facts["block"] = layer.first("block")
    if operation == 5:
        code = layer.number("error_code")
        facts |= {"error_code": str(code), "error": layer.first("error_message") or TFTP_ERRORS.get(code, "")}
    names, values = layer.all("option_name"), layer.all("option_value")
    facts["options"] = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=False))
    return facts


def _wol(layer: Layer) -> dict[str, str]:
    return {"target_mac": layer.first("mac")}


def _password(mac: str, octets: bytes) -> str:
    """SecureOn's six (or four) octets after the MACs. tshark 4.0 shows the letters of their text, which are not
    used."""
    _, magic, rest = octets.partition(b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) * 16)
    return rest.hex(":") if magic and len(rest) in (4, 6) else ""


def _http(layer: Layer) -> dict[str, str]:
    return {
        "method": layer.first("request_method"),
        "host": layer.first("host"),
        "path": layer.first("request_uri"),
        "status": layer.first("response_code"),
    }


def _tls(layer: Layer) -> dict[str, str]:
    """The version that the server chose, or the highest that the client offers, or that of the record."""
    offered = [int(text, 0) for text in layer.all("handshake_extensions_supported_version") if text.startswith("0x")]
    known = [number for number in offered if number in _TLS_VERSIONS]
    number = max(known, default=layer.number("handshake_version"))
    if number < 0:
        number = layer.number("record_version")
    return {
        "server_name": layer.first("handshake_extensions_server_name"),
        "version": _TLS_VERSIONS.get(number, ""),
    }


def _dns(layer: Layer) -> dict[str, str]:
    return {"query": layer.first("qry_name")}


_FACTS: Mapping[str, Callable[[Layer], dict[str, str]]] = {
    "dhcp": _dhcp,
    "dhcpv6": _dhcpv6,
    "dns": _dns,
    "http": _http,
    "llmnr": _dns,
    "mdns": _dns,
    "tftp": _tftp,
    "tls": _tls,
    "wake-on-lan": _wol,
}


def facts_of(application: str, layer: Layer, octets: bytes) -> dict[str, str]:
    """The facts of a recognised layer, safe to show; only what the frame (``octets``) states."""
    facts = _FACTS[application](layer) if application in _FACTS else {}
    if facts.get("target_mac"):
        facts["password"] = _password(facts["target_mac"], octets)
    return {name: clip(value, _LONGEST) for name, value in facts.items() if value}
