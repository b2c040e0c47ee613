"""The tables of the review workbook, from the document."""

from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.messages.english import sentence
from analyzer.render.report.xlsx.book import SheetColumn, SheetTable
from analyzer.render.shared import page_model as view
from analyzer.report import Report
from analyzer.report.advice import advice_of
from analyzer.report.danger import danger_order
from analyzer.report.outcomes import finding_outcomes
from analyzer.review import subjects
from analyzer.review.words import BECAUSE, CHECK, CHOICES, FINDINGS, ROWS, VERDICT_REASON, decision_columns
from analyzer.values import LADDER, EvidenceWord, Role

Line = Sequence[str | int | None]
Columns = tuple[SheetColumn, ...]

_WIDTHS = {"decision": 11, "owner": 16, "expires": 12, "ticket": 13}
_FLOWS: Columns = (
    *(SheetColumn("flow", 16), SheetColumn("ts", 31), SheetColumn("verdict", 14, "word")),
    *(
        SheetColumn("reason", 17),
        SheetColumn("outcome", 15),
        SheetColumn("orig_h", 26),
        SheetColumn("orig_p", 8, "port"),
    ),
    *(SheetColumn("resp_h", 26), SheetColumn("resp_p", 8, "port"), SheetColumn("service", 20), SheetColumn("rule", 18)),
    *(SheetColumn("detail", 70, "wrap"), SheetColumn("capture", 24), SheetColumn("first_frame", 11)),
    *(SheetColumn("orig_role", 17), SheetColumn("resp_role", 17), SheetColumn("item", 22)),
    *(SheetColumn("orig_pkts", 9), SheetColumn("resp_pkts", 9), SheetColumn("orig_bytes", 12)),
    *(SheetColumn("resp_bytes", 12), SheetColumn("conn_state", 11), SheetColumn("program_evidence", 17)),
)
"""What paper shows comes first."""
_BOOTS: Columns = (
    *(SheetColumn("machine", 18), SheetColumn("client_mac", 19), SheetColumn("client_ip", 17)),
    *(SheetColumn("status", 15, "word"), SheetColumn("stalled_at", 11), SheetColumn("started", 24)),
    *(SheetColumn("ended", 24), SheetColumn("why", 60, "wrap"), SheetColumn("servers", 24, "wrap")),
    *(SheetColumn("files", 40, "wrap"), *(SheetColumn(stage, 24) for stage in LADDER)),
)
"""What paper shows comes first."""
_PRINTED = {"boots": 10, "flows": 12}
"""The columns of a sheet that paper has room for."""


def open_columns(sheet: str) -> Columns:
    """The columns in which a reviewer decides."""
    return tuple(
        SheetColumn(name, _WIDTHS.get(name, 36), "date" if name == "expires" else "open")
        for name in decision_columns(sheet)
    )


def hidden_columns(names: Sequence[str]) -> Columns:
    return tuple(SheetColumn(name, 12, "hidden") for name in (*names, CHOICES, CHECK))


def findings(report: Report) -> SheetTable:
    """The findings in the order of danger."""
    order = danger_order(report.findings, finding_outcomes(report))
    lines = view.records(report.findings.iloc[order])
    found = [*subjects.findings(report, lines)]
    names = _names(report)
    columns: Columns = (
        *(SheetColumn("finding", 13), SheetColumn("verdict", 13, "word"), SheetColumn(VERDICT_REASON, 16)),
        *(SheetColumn("from", 26, "wrap"), SheetColumn("to", 26, "wrap"), SheetColumn("service", 17, "wrap")),
        *(SheetColumn("flows", 8), *open_columns(FINDINGS), SheetColumn("why", 70, "wrap")),
        *(SheetColumn("what to do next", 60, "wrap"), SheetColumn("outcome", 16), SheetColumn("rule", 20)),
        *(SheetColumn("item", 20, "wrap"), SheetColumn("from role", 17), SheetColumn("to role", 17)),
        *(SheetColumn("first seen", 31), SheetColumn("last seen", 31), SheetColumn("example flow", 17)),
        *(SheetColumn("citation", 44, "wrap"), *hidden_columns(("waiver orig", "waiver resp", "waiver service"))),
    )

    def cells() -> Iterator[Line]:
        for line, subject in zip(lines, found, strict=True):
            advice = advice_of(line["verdict"], line["reason"])
            yield (
                *(line["finding"], line["verdict"], line["reason"], names.get(line["orig_h"], line["orig_h"])),
                *(names.get(line["resp_h"], line["resp_h"]), line["service"], line["flows"]),
                *(*_EMPTY, line["why"], sentence(advice) if advice else "", line["outcome"], line["rule"]),
                *(line["item"], line["orig_role"], line["resp_role"], line["first_seen"], line["last_seen"]),
                *(line["example_flow"], line["citation"], *_hidden(FINDINGS, subject)),
            )

    about = "What a reviewer has to look at, the most dangerous first"
    return SheetTable(FINDINGS, about, columns, cells(), len(lines), [one.choices for one in found], 3, 13)


_EMPTY = (None,) * len(decision_columns(FINDINGS))


def _hidden(sheet: str, subject: subjects.Subject) -> Line:
    """The cells of the hidden columns."""
    choices = " ".join(subject.choices)
    more = [value for name, value in subject.depends.items() if name.startswith("waiver")]
    return *more, choices, subjects.check_of(sheet, subject.depends, choices)


def _names(report: Report) -> dict[str, str]:
    """Address -> ``a1 (192.168.0.21)``, where one machine has the address."""
    machines: dict[str, set[str | None]] = {}
    for host in report.meta.hosts:
        machines.setdefault(host.ip, set()).add(host.machine)
    return {ip: f"{name} ({ip})" for ip, found in machines.items() if len(found) == 1 and (name := next(iter(found)))}


def rows(report: Report) -> SheetTable:
    """The rows of the table by machine, then the items that the table does not cover."""
    lines = [*view.records(report.rows), *subjects.not_covered(report)]
    found = [*subjects.rows(report, lines)]
    columns: Columns = (
        *(SheetColumn("rule", 21), SheetColumn("item", 24, "wrap"), SheetColumn("machine", 16)),
        *(SheetColumn("status", 15, "word"), SheetColumn("flows", 8), *open_columns(ROWS)),
        *(SheetColumn("why", 70, "wrap"), SheetColumn("first seen", 31), SheetColumn("last seen", 31)),
        *(SheetColumn("citation", 44, "wrap"), *hidden_columns(())),
    )

    def cells() -> Iterator[Line]:
        for line, subject in zip(lines, found, strict=True):
            yield (
                *(line["rule"], line["item"], line["machine"], line["status"], _number(line["flows"]), *_EMPTY),
                *(line["why"], line["first_seen"], line["last_seen"], line["citation"], *_hidden(ROWS, subject)),
            )

    about = f"Each row of the table with each machine. Where the captures show nothing, {BECAUSE[ROWS]} can be given"
    return SheetTable(ROWS, about, columns, cells(), len(lines), [one.choices for one in found], 4, 11)


def boots(report: Report) -> SheetTable:
    """The attempts to boot, stalled ones first."""
    lines = (boot.row for boot in view.boots(report, len(report.boots)))
    cells = ([view.moment(line[column.name]) for column in _BOOTS] for line in lines)
    about = "The attempts to boot over PXE"
    return SheetTable("boots", about, _BOOTS, cells, len(report.boots), printed=_PRINTED["boots"])


def executables(report: Report) -> SheetTable:
    """The flows of each row by evidence of hosts."""
    found = view.executables(report)
    columns = (SheetColumn("rule", 24), *(SheetColumn(word.value, 16) for word in EvidenceWord))
    about = "The flows of each row, by what the evidence of hosts says of their programs"
    if report.meta.host_evidence is None:
        about += ". No evidence of hosts was given (--host)"
    return SheetTable("executables", about, columns, ((row.rule, *row.counts) for row in found), len(found))


def hosts(report: Report) -> SheetTable:
    """The hosts with a role, then the others at the ends of findings."""
    columns: Columns = (
        *(SheetColumn("address", 30), SheetColumn("machine", 18), SheetColumn("roles", 30, "wrap")),
        *(SheetColumn("segment", 18), SheetColumn("basis", 12), SheetColumn("findings", 10)),
        SheetColumn("evidence", 80, "wrap"),
    )
    ends = [(report.findings[f"{side}_h"], report.findings[f"{side}_role"]) for side in ("orig", "resp")]
    count: dict[str, int] = {}
    others: dict[str, None] = {}
    for addresses, roles in ends:
        for address, role in zip(addresses.tolist(), roles.tolist(), strict=True):
            count[address] = count.get(address, 0) + 1
            if role == Role.OTHER:
                others.setdefault(address)
    known = {host.ip for host in report.meta.hosts}
    listed = [address for address in others if address not in known]

    def cells() -> Iterator[Line]:
        for host in report.meta.hosts:
            roles, found = ", ".join(host.roles), count.get(host.ip, 0)
            yield host.address, host.machine or "", roles, host.segment or "", host.basis, found, host.evidence
        yield from ((address, "", Role.OTHER.value, "", "", count[address], "") for address in listed)

    about = "The hosts with a DPM role, then the other hosts of findings"
    return SheetTable("hosts", about, columns, cells(), len(report.meta.hosts) + len(listed))


def flows(report: Report) -> SheetTable:
    """The flow table, as far as a sheet has room."""
    values = [report.flows[column.name].tolist() for column in _FLOWS]
    cells = ([_number(value) for value in line] for line in zip(*values, strict=True))
    about = "The flow table; flows.csv has all of its columns"
    return SheetTable("flows", about, _FLOWS, cells, len(report.flows), printed=_PRINTED["flows"])


def _number(value: Any) -> Any:
    """A cell; a number that says that there is none leaves it empty."""
    return None if value == -1 else value
