"""A drafted profile names relays as relays: a host that forwards an answer is no DHCP server."""

from pathlib import Path

import pytest

from analyzer.site import load_site
from tests.packets import EVERYBODY, Host, Wire
from tests.program import ROOT, run

CASES = ROOT / "tests" / "cases"
RELAY, SERVER, CLIENT = Host("10.20.2.1"), Host("10.20.0.10"), Host("10.20.2.41")


def drafted(capture: Path, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The DHCP servers and the relays of the draft."""
    result = run("site", "infer", capture)
    assert result.exit_code == 0, result.stderr
    path = folder / "site.yaml"
    path.write_text(result.stdout, encoding="utf-8")
    dhcp = load_site(path).profile.dhcp
    assert isinstance(dhcp.servers, tuple)
    return dhcp.servers, dhcp.relays


@pytest.mark.parametrize("case", ["relay_at_the_machines", "relay_giaddr_inferred"])
def test_the_relay_of_a_capture_is_no_dhcp_server(case: str, tmp_path: Path) -> None:
    assert drafted(CASES / case / "capture.pcap", tmp_path) == (("192.168.0.1",), ("192.168.1.1",))


def with_boot(wire: Wire, folder: Path) -> Path:
    """A capture in which the server is known as the DPM Server too."""
    wire.wait(2)
    wire.tcp(CLIENT, 56030, SERVER, 56030)
    path = folder / "capture.pcap"
    wire.save(path)
    return path


def test_a_relay_that_does_not_name_itself_is_known_by_the_answer_of_the_server(tmp_path: Path) -> None:
    wire = Wire()
    forwarded = {"options": [("server_id", SERVER.ip)]}
    wire.dhcp(Host("0.0.0.0", CLIENT.mac), EVERYBODY, "discover", CLIENT)
    wire.dhcp(SERVER, RELAY, "offer", CLIENT, sport=67, dport=67)
    head = wire.dhcp(RELAY, EVERYBODY, "offer", CLIENT, **forwarded)
    # It contains only the server's identifier: the relay's own option is removed.
    own = bytes((54, 4, 10, 20, 2, 1))
    assert own in head.payload
    wire.packets[-1] = type(head)(
        head.ts, head.source, head.destination, head.ethertype, head.payload.replace(own, bytes(6))
    )
    servers, relays = drafted(with_boot(wire, tmp_path), tmp_path)
    assert (servers, relays) == ((SERVER.ip,), (RELAY.ip,))


def test_a_server_with_two_addresses_is_no_relay(tmp_path: Path) -> None:
    wire = Wire()
    wire.lease(CLIENT, SERVER)
    assert drafted(with_boot(wire, tmp_path), tmp_path) == ((SERVER.ip,), ())
