"""DHCP messages as octets: options in the header's fields and in pieces, and clients without a hardware address."""

import struct

import pytest

from analyzer.protocols.dhcp import DISCOVER, NO_ADDRESS, OFFER, read_bootp, read_options

COOKIE = b"\x63\x82\x53\x63"
MAC = bytes.fromhex("020000000a21")


def message(options: bytes, **fields: bytes) -> bytes:
    """A reply with these octets of options; ``name`` and ``file`` are the fields of the header."""
    head = fields.get("head", b"\x02\x01\x06\0") + struct.pack(">IHH4I", 7, 0, 0, 0, 0, 0, 0)
    hardware = fields.get("hardware", MAC).ljust(16, b"\0")
    return (
        head + hardware + fields.get("name", b"").ljust(64, b"\0") + fields.get("file", b"").ljust(128, b"\0") + options
    )


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


TYPE = COOKIE + option(53, bytes((OFFER,)))


def test_a_boot_file_and_a_server_may_be_in_the_fields_of_the_header() -> None:
    octets = message(
        TYPE + option(52, b"\x03") + b"\xff",
        file=option(67, b"pxelinux.0") + b"\xff",
        name=option(66, b"tftp.lan") + b"\xff",
    )
    found = read_bootp(octets)
    assert found is not None
    assert (found.boot_server, found.boot_file) == ("tftp.lan", "pxelinux.0")


@pytest.mark.parametrize(
    ("overload", "file", "server"), [(1, "a.0", "plain"), (2, "plain", "b.lan"), (0, "plain", "plain")]
)
def test_only_the_fields_that_are_named_hold_options(overload: int, file: str, server: str) -> None:
    fields = {
        "file": option(67, b"a.0") + b"\xff" if overload & 1 else b"plain",
        "name": option(66, b"b.lan") + b"\xff" if overload & 2 else b"plain",
    }
    found = read_bootp(message(TYPE + option(52, bytes((overload,))) + b"\xff", **fields))
    assert found is not None
    assert (found.boot_file, found.boot_server) == (file, server)


def test_pieces_of_an_option_are_one_value() -> None:
    octets = message(
        TYPE + option(67, b"boot/") + option(52, b"\x01") + option(67, b"x64/") + b"\xff", file=option(67, b"a.efi")
    )
    found = read_bootp(octets)
    assert found is not None
    assert found.boot_file == "boot/x64/a.efi"
    assert dict(read_options(octets))[53] == bytes((OFFER,))


def test_a_file_name_that_was_cut_is_no_name() -> None:
    whole = message(TYPE, file=b"pxelinux.0")
    for kept, name in ((111, ""), (118, ""), (119, "pxelinux.0"), (236, "pxelinux.0")):
        found = read_bootp(whole[:kept])
        assert found is not None
        assert found.boot_file == name, kept


@pytest.mark.parametrize(
    ("head", "hardware", "identifier", "client"),
    [
        (b"\x01\x01\x06\0", MAC, b"", "02:00:00:00:0a:21"),
        (b"\x01\x06\x06\0", MAC, b"", "02:00:00:00:0a:21"),
        (b"\x01\x20\0\0", b"", b"\xff\0\1", "client-id ff:00:01"),
        (b"\x01\x20\0\0", b"", b"\x01" + MAC, "02:00:00:00:0a:21"),
        (b"\x01\x01\x06\0", b"", b"\xff\0\1", "client-id ff:00:01"),
        (b"\x01\x01\x06\0", b"", b"", "00:00:00:00:00:00"),
        (b"\x01\x20\x08\0", b"\0" * 7 + b"\x09", b"\xff\0\1", "00:00:00:00:00:00:00:09"),
        (b"\x01\x20\0\0", b"", b"", ""),
    ],
)
def test_a_client_has_a_name(head: bytes, hardware: bytes, identifier: bytes, client: str) -> None:
    options = COOKIE + option(53, bytes((DISCOVER,))) + (option(61, identifier) if identifier else b"") + b"\xff"
    found = read_bootp(message(options, head=head, hardware=hardware))
    assert found is not None
    assert found.client_mac == client
    assert found.has_mac == (client.count(":") == 5)


def test_octets_that_are_no_dhcp_message_are_none() -> None:
    assert read_bootp(message(b"", head=b"\x01\x20\0\0")) is None
    assert read_bootp(message(TYPE, head=b"\x01\x20\x11\0")) is None
    assert read_bootp(message(TYPE, head=b"\x03\x01\x06\0")) is None


def test_the_address_that_is_given_back() -> None:
    found = read_bootp(message(COOKIE + option(53, b"\x04") + option(50, bytes((192, 168, 0, 21)))))
    assert found is not None
    assert found.requested_ip == "192.168.0.21"
    bare = read_bootp(message(TYPE))
    assert bare is not None
    assert bare.requested_ip == NO_ADDRESS
