"""A wrong site profile: all mistakes are reported together, each with its place and its correction."""

from pathlib import Path

import pytest

from analyzer.errors import SiteError
from analyzer.site import load_site

HEAD = "version: 1\nname: x\ndpm_server: {addresses: [10.0.0.1]}\n"


def observed(tmp_path: Path, content: str) -> list[tuple[int, int, str]]:
    path = tmp_path / "site.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert {issue.path for issue in caught.value.issues} == {str(path)}
    return [(issue.line, issue.column, issue.message) for issue in caught.value.issues]


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    content = """\
version: 1
name: lab
segments:
  - {name: a, cidr: 10.0.0.0/8}
  - {name: b, cidr: 10.1.0.0/16}
  - {name: c, cidr: 11.0.0.1/16}
dpm_server: {addresses: [10.0.0.1], web_port: 0, arch: x64}
managed_machines:
  - {name: a1, address: 10.255.255.255, mac: "02:00:00:00:0a:21"}
  - {name: a1, address: 10.0.0.5, mac: "02-00-00-00-0a-21"}
  - {name: a3, address: 10.0.0.5}
  - {name: a4, address: 10.0.0.0}
  - {name: nowhere}
expect: [{item: i, machines: [a9]}]
waivers: [{orig: a9, resp: any, service: tcp/99999, reason: r, owner: o}]
"""
    issues = observed(tmp_path, content)
    assert [(line, column) for line, column, _ in issues] == [
        (5, 21), (6, 21), (7, 47), (7, 50), (9, 25), (10, 12), (10, 40), (11, 25), (12, 25), (13, 5),
        (15, 11), (15, 42),
    ]  # fmt: skip
    assert "did you mean" not in issues[3][2]
    assert "known here: addresses, architecture, web_port" in issues[3][2]


@pytest.mark.parametrize(
    ("content", "line", "column", "part"),
    [
        ("segmets: []\n", 4, 1, "did you mean 'segments'"),
        ("managed_machines: [{name: a, range: 10.0.0.9-10.0.0.2}]\n", 4, 37, "write 10.0.0.2-10.0.0.9"),
        ("managed_machines: [{name: a, range: '10.0.0.9-2001:db8::1'}]\n", 4, 37, "mixes IPv4 and IPv6"),
        ("managed_machines: [{name: a, mac: 01:00:5e:00:00:01}]\n", 4, 35, "no single interface"),
        ("managed_machines: [{name: a, mac: 02:00:5e:00:00}]\n", 4, 35, "no MAC address"),
        ("managed_machines: [{name: a, address: 224.0.0.1}]\n", 4, 39, "not an address that a machine has"),
        ("managed_machines: [{name: a, address: 10.1}]\n", 4, 39, "put it in quotes"),
        ("managed_machines: [{name: any, address: 10.1.1.1}]\n", 4, 20, "another name"),
        ("managed_machines: [{name: a, cidr: 10.1.0.0/16}, {name: b, range: 10.1.2.3-10.2.0.0}]\n", 4, 67, "overlaps"),
        ("managed_machines: [{name: a, address: 10.1.1.1, os: windows}]\n", 4, 53, "'windows-x86'"),
        ("dhcp: {servers: 10.0.0.2}\n", 4, 17, "write [10.0.0.2]"),
        ("dhcp: {servers: []}\n", 4, 17, "at least one"),
        ("segments: [{name: a, cidr: 0.0.0.0/0}]\n", 4, 28, "every address there is"),
        ("segments: [{name: a, cidr: 10.0.0.0}]\n", 4, 28, "no prefix length"),
        ("command_line: [10.0.0.1/24]\n", 4, 16, "write 10.0.0.0/24"),
        ("expect: [{item: a, from: 2026-02-01, until: 2026-01-01}]\n", 4, 10, "exchange them"),
        ("expect: [{item: a, machines: [zz]}]\n", 4, 31, "no managed machine is called 'zz'"),
        ("waivers: [{orig: zz, resp: any, service: any, reason: r, owner: o, expires: 2026-01-01}]\n", 4, 18, "'zz'"),
        ("waivers: [{orig: any, resp: any, service: any, reason: r, owner: o, expires: 1.1.26}]\n", 4, 78, "YYYY-MM"),
        ("hosts: {log.evtx: zz}\n", 4, 19, "no managed machine is called 'zz'"),
        ("hosts: {log.evtx: 224.0.0.1}\n", 4, 19, "dpm-server or an address"),
        ("hosts: {log.evtx: 7}\n", 4, 19, "put it in quotes"),
        ("hosts: {log.evtx: dpm-server, log.evtx: dpm-server}\n", 4, 31, "twice"),
        ("managed_machines: [{name: p, cidr: 10.1.0.0/16}]\nhosts: {log.evtx: p}\n", 5, 19, "pool of machines"),
    ],
)
def test_a_mistake_is_reported_with_its_remedy(tmp_path: Path, content: str, line: int, column: int, part: str) -> None:
    issues = observed(tmp_path, HEAD + content)
    assert [(at, col) for at, col, _ in issues] == [(line, column)]
    assert part in issues[0][2]


def test_the_keys_that_every_profile_has(tmp_path: Path) -> None:
    assert observed(tmp_path, "version: 1\nname: x\n") == [
        (1, 1, "dpm_server: this key is missing: add it, with the addresses of the DPM Server")
    ]
    assert [message for _, _, message in observed(tmp_path, HEAD.replace("version: 1", "version: 2"))] == [
        "version: 2 is not allowed here: use 1"
    ]


def test_every_overlap_is_reported_a_shared_end_too(tmp_path: Path) -> None:
    segments = "[{name: a, cidr: 10.0.0.0/8}, {name: b, cidr: 10.1.0.0/16}, {name: c, cidr: 10.2.0.0/16}]"
    pools = "[{name: x, range: 11.0.0.1-11.0.0.5}, {name: y, range: 11.0.0.5-11.0.0.9}]"
    issues = observed(tmp_path, HEAD + f"segments: {segments}\nmanaged_machines: {pools}\n")
    assert [message.partition(":")[0] for _, _, message in issues] == [
        "segments[1].cidr",
        "segments[2].cidr",
        "managed_machines[1].range",
    ]
    assert "overlaps 'a'" in issues[1][2]
