"""Small documents made by hand, for tests of outputs: no capture is read and nothing is judged."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analyzer.report import (
    BOOT_COLUMNS,
    FINDING_COLUMNS,
    FLOW_COLUMNS,
    INTEGERS,
    ROW_COLUMNS,
    AttestationUse,
    Capture,
    Host,
    Meta,
    Note,
    Report,
    RuleSource,
    SiteRecord,
    UncoveredItem,
    WaiverUse,
    table,
)

START = 1_717_200_000 * 10**9
"""2024-06-01 00:00:00 UTC, in nanoseconds."""
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "=cmd|'/C calc'!A0",
    "+1+cmd()",
    "-2+3*cmd()",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "a;=cmd()",
    "\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x07link",
    "\u202egpj.exe",
    "|**bold**|[x](http://evil.example)|`code`",
    "[bold red]markup[/] :warning:",
    "$\\frac{1}{$",
    "{{ 7*7 }}{% raw %}",
    "line\nbreak\x00\x7f\x85\u2028",
    "\ud800 lone",
    "' or \"; --><!--",
)


def when(seconds: float) -> str:
    """A time of the document: ``seconds`` after ``START``, ISO 8601 with nanoseconds."""
    return pd.Timestamp(START + round(seconds * 1e9), tz="UTC").strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def frame(columns: tuple[str, ...], records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A table of the document from records that may leave columns out."""
    listed = list(records)
    empty = {name: -1 if name in INTEGERS else "" for name in columns}
    return table(columns, {name: [{**empty, **record}[name] for record in listed] for name in columns})


def flow(number: int, orig: str, resp: str, service: str, verdict: str, **more: Any) -> dict[str, Any]:
    """A record of the flow table; ``orig`` and ``resp`` are ``address/role``, ``service`` is ``proto/port``."""
    (orig_h, orig_role), (resp_h, resp_role) = orig.split("/"), resp.split("/")
    proto, port = service.split("/")
    return {
        **{
            "flow": f"f{number:06d}",
            "ts": when(number * 7.5),
            "duration": "0.250000",
            "proto": proto,
            "orig_h": orig_h,
        },
        **{"orig_p": 8 if proto == "icmp" else 49152 + number % 9999, "resp_h": resp_h, "resp_p": int(port)},
        **{"orig_role": orig_role, "resp_role": resp_role, "cast": "unicast", "service": service},
        **{"orig_pkts": 5, "resp_pkts": 4, "orig_bytes": 300, "resp_bytes": 1200, "orig_ip_bytes": 560},
        **{"resp_ip_bytes": 1400, "conn_state": "SF", "history": "ShADadFf", "direction_basis": "syn"},
        **{"outcome": "established", "verdict": verdict, "orig_mac": "02:00:00:00:0a:21", "capture": "server.pcap"},
        **{"first_frame": number + 1, "community_id": "1:wCb3OG7yAFWelaUydu0D+125CLM="},
        **more,
    }


def finding(record: dict[str, Any], flows: int = 1) -> dict[str, Any]:
    """The record of the finding of a flow."""
    same = {name: record[name] for name in FINDING_COLUMNS if name in record}
    sums = {"flows": flows, "pkts": 9 * flows, "bytes": 1500 * flows}
    times = {"first_seen": record["ts"], "last_seen": record["ts"]}
    names = {"finding": f"F{record['flow']}", "example_flow": record["flow"], "why": record.get("detail", "")}
    return same | sums | times | names


def capture(name: str = "server.pcap", start: float = 0, end: float = 240, **more: Any) -> Capture:
    facts: dict[str, Any] = {
        **{"name": name, "sha256": "ab" * 32, "size": 1_234_567, "format": "pcap", "link_types": ("ethernet",)},
        **{"vantage": 1, "first_ts": START + round(start * 1e9), "last_ts": START + round(end * 1e9)},
        **{"frames": 1000, "in_flows": 940, "accounted": {"arp": 52, "lldp": 8}, "snapped": 0},
    }
    return Capture(**{**facts, **more})


def meta(**more: Any) -> Meta:
    facts: dict[str, Any] = {
        **{"version": "0.1.0", "headline": "Nothing to report.", "verdicts": {}, "notes": (), "captures": ()},
        **{"hosts": (), "rules": (), "packs": (), "not_covered": (), "waivers": (), "expect": ()},
        "site": SiteRecord(name="lab", given=False, source="site.yaml", sha256="cd" * 32, profile={}),
    }
    return Meta(**{**facts, **more})


def empty() -> Report:
    """A document without a flow, a finding, a row or a capture."""
    return Report(meta(), table(FLOW_COLUMNS), table(FINDING_COLUMNS), table(ROW_COLUMNS), table(BOOT_COLUMNS))


def _lab_flows() -> list[dict[str, Any]]:
    server, a1, a2 = "192.168.0.1/dpm-server", "192.168.0.21/managed-machine", "192.168.0.22/managed-machine"
    b1, console, rogue = "192.168.1.21/managed-machine", "192.168.0.50/image-builder", "192.168.0.66/other"
    row = {"rule": "shutdown", "item": "Shutdown", "citation": "Installation Guide, Appendix A, page 191"}
    internal = {"rule": "server-internal", "citation": "Installation Guide, Appendix A, page 194, *9"}
    cited = {"rule": "boot-agent", "item": "Network boot", "citation": "Installation Guide, Appendix A, page 194"}
    no_row = "No row of the table names this service: "
    return [
        flow(1, server, "255.255.255.255/managed-machine", "udp/5561", "expected", rule="power-on"),
        flow(2, server, a1, "tcp/56010", "expected", **row),
        flow(3, server, a2, "tcp/56010", "blocked", reason="no-reply", outcome="no-reply", **row,
             detail="The table expects this connection; 4 SYNs in 7 s got no answer."),
        flow(4, "192.168.0.50/image-builder", server, "tcp/56023", "blocked", reason="refused", outcome="refused",
             detail="The server answered with RST: nothing listens on 56023.", rule="image-builder"),
        flow(5, a1, server, "tcp/56030", "unexpected", reason="client-port", **cited,
             detail="The row asks for the machine's port 56030; this connection came from an ephemeral port."),
        flow(6, rogue, a1, "tcp/56010", "unexpected", reason="role", outcome="refused", **row,
             detail="Only the DPM Server may open this; 192.168.0.66 is none."),
        flow(7, rogue, server, "tcp/3389", "unexpected", reason="no-row", detail=no_row + "3389/tcp (RDP)."),
        flow(8, a2, a1, "tcp/445", "unexpected", reason="no-row", detail=no_row + "445/tcp (SMB)."),
        flow(9, b1, server, "tcp/56050", "unexpected", reason="internal-only", outcome="refused", **internal,
             detail="56050 is the server's own and never on the wire."),
        flow(10, console, server, "tcp/80", "expected", rule="command-line"),
        flow(11, server, a1, "icmp/0", "expected", rule="existence-check"),
        flow(12, a1, server, "udp/69", "expected", rule="boot-tftp-request"),
        flow(13, "0.0.0.0/managed-machine", "255.255.255.255/dhcp-server", "udp/67", "undetermined",
             orig_p=68, detail="The answer could have gone another way than past this capture."),
        flow(14, rogue, "239.1.2.4/other", "udp/9005", "out-of-scope"),
        flow(15, rogue, "224.0.0.251/other", "udp/5353", "background"),
        flow(28, server, console, "tcp/80", "waived", reason="direction"),
    ]  # fmt: skip


def _lab_rows() -> list[dict[str, Any]]:
    states = {
        "power-on": ("satisfied", "satisfied", "not-exercised"),
        "shutdown": ("satisfied", "blocked", "not-exercised"),
        "boot-agent": ("missing", "not-exercised", "not-observable"),
        "multicast": ("not-exercised", "not-exercised", "not-applicable"),
    }
    why = {"missing": "The machine got its file by TFTP, and never opened 56030.", "blocked": "4 SYNs got no answer."}
    return [
        {
            **{"rule": rule, "item": rule.replace("-", " ").capitalize(), "machine": machine, "status": status},
            **{"flows": int(status in ("satisfied", "blocked")), "why": why.get(status, "")},
            "citation": "Installation Guide, Appendix A, page 191",
        }
        for rule, statuses in states.items()
        for machine, status in zip(("a1", "a2", "b1"), statuses, strict=True)
    ]


def _lab_boots() -> list[dict[str, Any]]:
    def stages(*names: str) -> dict[str, str]:
        return {name: when(60 + 0.4 * number) for number, name in enumerate(names)}

    every = ("discover", "offer", "request", "ack", "proxy", "tftp", "agent")
    return [
        {
            **{"client_mac": "02:00:00:00:0a:21", "client_ip": "192.168.0.21", "machine": "a1", "started": when(60)},
            **{"furthest": "tftp", "status": "stalled", "stalled_at": "agent", "files": "pxeboot.0"},
            **{"why": "It got pxeboot.0 by TFTP, and never opened 56030.", "servers": "192.168.0.1"},
            **stages(*every[:4], "tftp"),
        },
        {
            **{"client_mac": "02:00:00:00:0a:22", "client_ip": "192.168.0.22", "machine": "a2", "started": when(60)},
            **{"furthest": "agent", "status": "complete", "servers": "192.168.0.1", "files": "pxeboot.0"},
            **stages(*every),
        },
    ]


def lab() -> Report:
    """A document like the lab's dirty captures: every verdict, a stalled boot, a missing row, two capture gaps."""
    flows = _lab_flows()
    missing = {
        **{"finding": "Fmissing", "verdict": "missing", "rule": "boot-agent", "item": "Network boot", "resp_h": ""},
        **{"orig_h": "a1", "orig_role": "managed-machine", "resp_role": "dpm-server", "flows": 0, "pkts": 0},
        **{"bytes": 0, "why": "a1 got its file by TFTP, and never opened 56030.", "service": "tcp/56030"},
        "citation": "Installation Guide, Appendix A, page 194",
    }
    findings = [finding(record) for record in flows if record["verdict"] in ("unexpected", "blocked")]
    verdicts = pd.Series([record["verdict"] for record in flows]).value_counts().to_dict()
    return Report(
        meta(
            headline="5 flows should not exist, 2 were blocked, 1 boot never finished.",
            verdicts=verdicts,
            notes=(
                Note(level="warning", text="No site profile was given: the roles are inferred from the traffic."),
                Note(level="info", text="tshark was not found: application protocols are not verified."),
            ),
            captures=(
                capture(end=120, damage=("cut off inside frame 1001, at byte 1,234,500",), snapped=3),
                capture("segment-b.pcapng", 150, 240, format="pcapng", vantage=2),
            ),
            hosts=(
                Host(address="192.168.0.1", roles=("dpm-server", "dhcp-server"), machine=None, segment="server-lan",
                     basis="inferred", evidence="answers on 56023 and 56030"),
                Host(address="192.168.0.21", roles=("managed-machine",), machine="a1", segment="server-lan",
                     basis="given"),
            ),
            rules=(
                RuleSource(name="dpm.yaml", id="dpm", kind="table", sha256="ef" * 32, title="DPM network ports",
                           source="Installation Guide, Appendix A", edition=None, note="no version is printed on it"),
            ),
            not_covered=(
                UncoveredItem(item="Restore", why="pages 192 and 193 of the guide were not available"),
                UncoveredItem(item="Operation without a DHCP Server", why="same"),
            ),
            waivers=(
                WaiverUse(orig="192.168.0.1", resp="192.168.0.50", service="tcp/80", reason="inventory tool",
                       owner="Kim", expires="2030-01-01", state="in-force", flows=1),
                WaiverUse(orig="192.168.0.66", resp="192.168.0.1", service="tcp/3389", reason="migration",
                       owner="Lee", expires="2024-01-01", state="lapsed", flows=1),
            ),
            expect=("Network boot",),
        ),
        frame(FLOW_COLUMNS, flows),
        frame(FINDING_COLUMNS, [*findings, missing]),
        frame(ROW_COLUMNS, _lab_rows()),
        frame(BOOT_COLUMNS, _lab_boots()),
    )  # fmt: skip


def hostile() -> Report:
    """The lab's document with hostile text in every field that can come from a capture, a profile or a file name."""
    base = lab()
    texts = {name: list(HOSTILE) for name in ("orig_h", "resp_h", "service", "detail", "executable", "item", "rule")}
    flows = [
        flow(number, "192.168.0.66/other", "192.168.0.1/dpm-server", "tcp/1", "unexpected")
        | {name: values[number] for name, values in texts.items()}
        | {"capture": HOSTILE[number], "citation": HOSTILE[number], "orig_role": HOSTILE[number]}
        | {"flow": HOSTILE[number], "reason": HOSTILE[number], "application": HOSTILE[number]}
        for number in range(len(HOSTILE))
    ]
    rows = [
        {"rule": text, "item": text, "machine": text, "status": "missing", "why": text, "citation": text}
        for text in HOSTILE
    ]
    boots = [
        dict.fromkeys(("client_mac", "machine", "why", "servers", "files", "stalled_at", "client_ip"), text)
        | {"status": "stalled", "started": when(1), "discover": when(1)}
        for text in HOSTILE
    ]
    whole = " ".join(HOSTILE)
    return Report(
        base.meta.model_copy(
            update={
                "headline": whole,
                "notes": tuple(Note(level="warning", text=text) for text in HOSTILE),
                "captures": tuple(capture(text, damage=(text,), format=text) for text in HOSTILE),
                "hosts": tuple(
                    Host(address=text, roles=(text,), machine=text, segment=text, basis="given", evidence=text)
                    for text in HOSTILE
                ),
                "site": SiteRecord(name=whole, given=True, source=whole, sha256=whole, profile={}),
                "not_covered": tuple(UncoveredItem(item=text, why=text) for text in HOSTILE),
                "waivers": tuple(
                    WaiverUse(orig=text, resp=text, service=text, reason=text, owner=text, expires=text,
                           state="lapsed", flows=0, ticket=text)
                    for text in HOSTILE
                ),
                "attestations": tuple(
                    AttestationUse(rule=text, item=text, machine=text, owner=text, evidence=text, expires=text,
                                   ticket=text, state="in-force")
                    for text in HOSTILE
                ),
                "expect": HOSTILE,
            }
        ),
        frame(FLOW_COLUMNS, flows),
        frame(FINDING_COLUMNS, [finding(record) for record in flows]),
        frame(ROW_COLUMNS, rows),
        frame(BOOT_COLUMNS, boots),
    )  # fmt: skip


def fleet(machines: int = 200, flows: int = 2000) -> Report:
    """A document of many machines: ``flows`` flows, a row per rule and machine, a boot per machine."""
    verdicts = ("expected",) * 15 + ("background", "out-of-scope", "blocked", "unexpected", "undetermined")
    services = ("tcp/56010", "tcp/56030", "udp/69", "udp/67", "tcp/445", "tcp/3389")
    listed = [
        flow(
            number, f"10.0.{number % machines // 250}.{number % machines % 250 + 1}/managed-machine",
            "10.0.255.1/dpm-server", services[number % 6], verdicts[number * 7 % 20],
            detail="A sentence that says why, as long as such sentences are.", rule="shutdown",
        )
        for number in range(flows)
    ]  # fmt: skip
    statuses = ("satisfied",) * 6 + ("blocked", "missing", "not-exercised", "not-exercised", "not-observable")
    rules = ("power-on", "shutdown", "boot-dhcp-request", "boot-dhcp-reply", "boot-pxe-68", "boot-tftp-request",
             "boot-agent", "image-builder", "command-line", "existence-check", "multicast")  # fmt: skip
    rows = [
        {"rule": rule, "item": rule.title(), "machine": f"machine-{number:03d}", "flows": 1,
         "status": statuses[number * (place + 3) % 11], "why": "for a reason", "citation": "page 191"}
        for place, rule in enumerate(rules)
        for number in range(machines)
    ]  # fmt: skip
    boots = [_lab_boots()[number % 2] | {"machine": f"machine-{number:03d}"} for number in range(machines)]
    found = [finding(record, 3) for record in listed if record["verdict"] in ("unexpected", "blocked")]
    verdict_counts = pd.Series([record["verdict"] for record in listed]).value_counts().to_dict()
    return Report(
        lab().meta.model_copy(update={"captures": (capture(end=flows * 7.5),), "verdicts": verdict_counts}),
        frame(FLOW_COLUMNS, listed),
        frame(FINDING_COLUMNS, found),
        frame(ROW_COLUMNS, rows),
        frame(BOOT_COLUMNS, boots),
    )
