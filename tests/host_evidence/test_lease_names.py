"""A host whose records show no address of its own is found by the name that its DHCP request carries."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.api import Run
from analyzer.host_evidence.hosts import HostIdentity, Network, identify
from analyzer.host_evidence.lease_names import Lease
from analyzer.protocols.dhcp import MAGIC_COOKIE, computer_names
from tests.host_evidence.made import A1, PROFILE, SERVER, codes, evidence, found, record, shutdown, site
from tests.packets import EVERYBODY, Host, Wire

DPM = Host(SERVER)
PC1, PC2 = Host(A1), Host("192.168.0.22")
AGENT = "\\device\\harddiskvolume3\\windows\\syswow64\\depagent.exe"
CALLS = 4
FULL = b"\x00\x00\x00"
"""What is before the name in option 81, as text."""


class Story:
    """Leases of clients; then the server calls the agent of PC1, whose log has the calls and nothing else."""

    def __init__(self) -> None:
        self.wire = Wire()

    def ask(self, client: Host, *names: tuple[str, bytes], answer: str = "ack", **words: Any) -> "Story":
        """A request with the client's names, and the answer to it."""
        words.setdefault("xid", int.from_bytes(client.mac.encode()) & 0xFFFF)
        source = Host(words.get("ciaddr", "0.0.0.0"), client.mac)
        self.wire.dhcp(source, EVERYBODY, "request", client, options=list(names), vendor=b"MSFT 5.0", **words)
        if answer:
            words.pop("ciaddr", None)
            given = {"yiaddr": "0.0.0.0"} if answer == "nak" else {}
            self.wire.dhcp(DPM, EVERYBODY, answer, client, vendor=b"", **given, **words)
        self.wire.wait(10)
        return self

    def run(self, folder: Path, computer: str = "PC1", **keys: Any) -> Run:
        calls = []
        for place in range(CALLS):
            calls.append(self._call(50_000 + place, computer))
            self.wire.tcp(DPM, 50_000 + place, PC1, 56010)
            self.wire.wait(5)
        self.wire.save(folder / "capture.pcap")
        log = folder / "agent.json"
        log.write_text("".join(json.dumps(call) + "\n" for call in calls))
        profile = folder / "site.yaml"
        profile.write_text(json.dumps({**PROFILE, **keys}))
        return analyzer.analyze(folder / "capture.pcap", site=profile, hosts=[log], dissect=False)

    def _call(self, port: int, computer: str) -> dict[str, Any]:
        """Event 5156 of an inbound connection: both addresses are on each record, and none is called the host's own."""
        seconds, rest = divmod(self.wire.now, 1_000_000_000)
        time = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"
        data = {
            "ProcessID": "900", "Application": AGENT, "Direction": "%%14592", "SourceAddress": SERVER,
            "SourcePort": str(port), "DestAddress": PC1.ip, "DestPort": "56010", "Protocol": "6",
        }  # fmt: skip
        about = {"event_id": 5156, "channel": "Security", "computer_name": computer, "record_id": port}
        return {"@timestamp": time, "winlog": {**about, "event_data": data}}


def host_of(run: Run) -> tuple[str, tuple[str, ...], str, bool]:
    held = run.report.meta.host_evidence
    assert held is not None
    (one,) = held.hosts
    return one.basis, one.addresses, one.machine, one.doubtful


def words(run: Run) -> set[str]:
    return set(run.flows.loc[run.flows["rule"] == "shutdown", "program_evidence"])


def notes(run: Run) -> set[str]:
    return {note.code for note in run.report.meta.notes if note.code}


def test_without_a_lease_the_host_is_not_known(tmp_path: Path) -> None:
    run = Story().run(tmp_path)
    assert host_of(run) == ("none", (), "", False)
    assert words(run) == {"not-observable"}


@pytest.mark.parametrize(
    ("names", "computer"),
    [
        ([("hostname", b"PC1")], "PC1"),
        ([("hostname", b"pc1")], "PC1"),
        ([("hostname", b"Pc1")], "pC1.example.local"),
        ([("hostname", b"PC1\0")], "PC1"),
        ([("client_FQDN", FULL + b"PC1.example.local")], "pc1"),
        ([("client_FQDN", b"\x05\0\0\x03pc1\x07example\x05local\0")], "PC1.example.local"),
        ([("hostname", b"PC1"), ("client_FQDN", FULL + b"PC1.example.local")], "PC1.example.local"),
    ],
    ids=["same", "lower", "domain", "zero", "fqdn", "wire", "both"],
)
def test_the_name_in_the_request_names_the_host(tmp_path: Path, names: list[tuple[str, bytes]], computer: str) -> None:
    run = Story().ask(PC1, *names).run(tmp_path, computer)
    assert host_of(run) == ("lease", (A1,), "a1", False)
    assert words(run) == {"confirmed"}
    assert "host-named-by-lease" in notes(run)


def test_a_renewed_lease_is_one_lease(tmp_path: Path) -> None:
    story = Story().ask(PC1, ("hostname", b"PC1")).ask(PC1, ("hostname", b"PC1"), ciaddr=A1, xid=9).ask(PC1, xid=10)
    assert host_of(story.run(tmp_path))[:2] == ("lease", (A1,))


@pytest.mark.parametrize("second", [b"PC1", b"pc1", b"PC1.other.local"])
def test_a_name_of_two_clients_names_nobody(tmp_path: Path, second: bytes) -> None:
    run = Story().ask(PC1, ("hostname", b"PC1")).ask(PC2, ("hostname", second)).run(tmp_path)
    assert host_of(run) == ("none", (), "", False)
    assert words(run) == {"not-observable"}
    assert "host-lease-not-clear" in notes(run)


def test_a_name_that_another_client_asks_with_in_vain_is_not_clear_either(tmp_path: Path) -> None:
    run = Story().ask(PC1, ("hostname", b"PC1")).ask(PC2, ("hostname", b"PC1"), answer="nak").run(tmp_path)
    assert host_of(run)[0] == "none"


def test_one_client_with_two_addresses_is_not_clear(tmp_path: Path) -> None:
    moved = Host("192.168.0.77", PC1.mac)
    story = Story().ask(moved, ("hostname", b"PC1")).ask(PC1, ("hostname", b"PC1"), xid=9)
    assert host_of(story.run(tmp_path))[0] == "none"


def test_an_address_that_another_client_had_too_is_not_clear(tmp_path: Path) -> None:
    story = Story().ask(Host(A1, PC2.mac)).ask(PC1, ("hostname", b"PC1"))
    assert host_of(story.run(tmp_path))[0] == "none"


def test_a_refused_request_names_nobody(tmp_path: Path) -> None:
    story = Story().ask(PC1, ("hostname", b"PC1"), answer="nak")
    run = story.run(tmp_path)
    assert host_of(run)[0] == "none"
    assert "host-unknown-host" in notes(run)


def test_after_a_refusal_the_address_that_was_given_counts(tmp_path: Path) -> None:
    old = Host("192.168.0.77", PC1.mac)
    story = Story().ask(old, ("hostname", b"PC1"), answer="nak", xid=8).ask(PC1, ("hostname", b"PC1"), xid=9)
    assert host_of(story.run(tmp_path))[:2] == ("lease", (A1,))


def test_a_request_without_an_answer_and_a_declined_address_name_nobody(tmp_path: Path) -> None:
    assert host_of(Story().ask(PC1, ("hostname", b"PC1"), answer="").run(tmp_path))[0] == "none"
    story = Story().ask(PC1, ("hostname", b"PC1"))
    wanted = [("hostname", b"PC1"), ("requested_addr", A1)]
    story.wire.dhcp(Host("0.0.0.0", PC1.mac), EVERYBODY, "decline", PC1, options=wanted, vendor=b"")
    assert host_of(story.run(tmp_path))[0] == "none"


def test_the_answer_to_another_request_is_not_its_own(tmp_path: Path) -> None:
    story = Story().ask(PC1, ("hostname", b"PC1"), answer="", xid=8).ask(PC1, xid=9)
    assert host_of(story.run(tmp_path))[0] == "none"


@pytest.mark.parametrize("name", [b"PC1\x1b[2J", b"P\0C1"])
def test_a_hostile_name_names_nobody(tmp_path: Path, name: bytes) -> None:
    run = Story().ask(PC1, ("hostname", name)).run(tmp_path)
    assert host_of(run)[0] == "none"
    assert words(run) == {"not-observable"}


@pytest.mark.parametrize(
    "machines",
    [
        [{"name": "PC1", "address": "192.168.0.99", "os": "windows-x64"}],
        [{"name": "a1", "address": A1, "mac": "02:00:00:00:00:99", "os": "windows-x64"}],
    ],
    ids=["the name has another address", "the address has another MAC"],
)
def test_a_lease_that_the_profile_contradicts_proves_nothing(tmp_path: Path, machines: list[dict[str, str]]) -> None:
    known = [one for one in PROFILE["managed_machines"] if one["name"] != "a1"]
    others = [] if machines[0]["name"] == "a1" else [{"name": "a1", "address": A1, "os": "windows-x64"}]
    run = Story().ask(PC1, ("hostname", b"PC1")).run(tmp_path, managed_machines=[*known, *others, *machines])
    assert host_of(run)[3]
    assert words(run) == {"unproven"}
    assert "host-lease-disagrees-with-profile" in notes(run)


def test_a_machine_that_the_profile_lists_by_its_mac(tmp_path: Path) -> None:
    known = [{"name": "a1", "mac": PC1.mac, "os": "windows-x64"}]
    by_lease, by_profile = tmp_path / "lease", tmp_path / "profile"
    by_lease.mkdir()
    by_profile.mkdir()
    run = Story().ask(PC1, ("hostname", b"PC1")).run(by_lease, managed_machines=known)
    assert host_of(run) == ("lease", (A1,), "a1", False)
    assert words(run) == {"confirmed"}
    run = Story().ask(PC1).run(by_profile, managed_machines=known, hosts={"PC1": "a1"})
    assert host_of(run) == ("profile", (A1,), "a1", False)
    assert words(run) == {"confirmed"}


def identity(host: str, *leases: Lease) -> HostIdentity:
    held = evidence([record(shutdown(0), AGENT, local="", host=host)])
    return identify(held.attributions, held.logs, site(), Network(leases)).by_host[host]


def test_a_lease_at_an_address_that_no_record_has_is_of_another_computer() -> None:
    """Another client calls itself DPM01: the records of DPM01 are of connections between other addresses."""
    lease = Lease("dpm01", "192.168.0.77", "02:00:00:00:00:01")
    assert identity("DPM01", lease).basis == "none"
    assert identity("DPM01", lease._replace(address=SERVER)).basis == "lease"
    listens = evidence([record(shutdown(0), AGENT, a_h="", b_h="", b_p=-1)])
    assert identify(listens.attributions, listens.logs, site(), Network((lease,))).by_host["DPM01"].basis == "lease"


def test_own_records_and_the_profile_come_before_a_lease() -> None:
    lease = Lease("dpm01", A1, "02:00:00:00:00:01")
    own = evidence([record(shutdown(0), AGENT)])
    assert identify(own.attributions, own.logs, site(), Network((lease,))).by_host["DPM01"].basis == "own-records"
    assert identity("DPM01", lease).basis == "lease"


def test_the_name_of_a_file_is_no_computers_name() -> None:
    assert identity("file:pc1", Lease("pc1", A1, "02:00:00:00:00:01")).basis == "none"
    assert identity("file:pc1", Lease("file:pc1", A1, "02:00:00:00:00:01")).basis == "none"


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00:01"])
def test_a_client_without_a_mac_names_nobody(mac: str) -> None:
    assert identity("PC1", Lease("pc1", A1, mac)).basis == ("lease" if mac else "none")


@pytest.mark.parametrize("address", ["127.0.0.1", "224.0.0.1", "255.255.255.255"])
def test_an_address_that_no_host_has(address: str) -> None:
    assert identity("PC1", Lease("pc1", address, "02:00:00:00:00:01")).basis == "none"


def test_two_computers_that_one_lease_names_prove_nothing() -> None:
    lease = Lease("pc1", A1, "02:00:00:00:00:01")
    rows = [record(shutdown(0), AGENT, local="", host=host) for host in ("PC1.a.local", "PC1.b.local")]
    result = found([shutdown(0)], rows, network=Network((lease,)))
    assert all(one.doubtful for one in result.hosts)
    assert "address-claimed-twice" in codes(result)


def message(*options: tuple[int, bytes]) -> bytes:
    area = b"".join(bytes((code, len(value))) + value for code, value in options)
    return b"\x01\x01\x06" + bytes(233) + MAGIC_COOKIE + area + b"\xff"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], set()),
        ([(12, b"PC1"), (12, b"a")], {"pc1a"}),
        ([(12, b"PC1.")], {"pc1"}),
        ([(81, b"")], set()),
        ([(81, b"\0\0\0pc1.x")], {"pc1.x"}),
        ([(81, b"\4\0\0\3pc1\1x\0")], {"pc1.x"}),
        ([(81, b"\4\0\0\3pc1\xff")], set()),
        ([(81, b"\4\0\0\3pc1")], {"pc1"}),
        ([(12, b"a" * 64)], set()),
        ([(12, b"a.b" * 84 + b"cc")], set()),
    ],
)
def test_names_of_a_message(options: list[tuple[int, bytes]], names: set[str]) -> None:
    assert computer_names(message(*options)) == names


@pytest.mark.parametrize(
    "name",
    [
        b"PC1\x1b[2J",
        b"PC1\n",
        b" PC1",
        b"PC1 ",
        b"P\0C1",
        b"a..b",
        b"\xef\xbc\xb0\xef\xbc\xa31",
        b"*",
        b"",
        b"\xff" * 200,
    ],
)
def test_a_name_that_no_computer_can_have(name: bytes) -> None:
    assert computer_names(message((12, name), (81, FULL + name))) == frozenset()
