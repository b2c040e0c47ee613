"""The meaning of every word that a table of the report can contain, in one place.

The page, the charts and docs/vocabulary.md take the meanings from here.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from analyzer.values import STAGES, Answer, Basis, BootStatus, Cast, Outcome, Reason, Role, Status, Verdict

ANSWERS: dict[Answer, str] = {
    Answer.NOT_COMPLIANT: "there is a finding, or a boot did not finish",
    Answer.NOT_JUDGED: "nothing, or too little, could be judged",
    Answer.COMPLIANT: "flows of the DPM Server were judged, and nothing was found",
}

VERDICTS: dict[Verdict, str] = {
    Verdict.UNEXPECTED: "no row of the table allows it",
    Verdict.BLOCKED: "a row allows it, and it got no service",
    Verdict.UNDETERMINED: "the captures do not show the answer; the report gives the reason",
    Verdict.WAIVED: "unexpected or blocked, and a waiver of the profile is valid",
    Verdict.EXPECTED: "a row of the table covers it",
    Verdict.OUT_OF_SCOPE: "no host has a DPM role, and the port is not in the table",
    Verdict.BACKGROUND: "normal traffic of every network, such as ARP and IGMP",
}

REASONS: dict[Reason, str] = {
    Reason.NO_ROW: "no row of the table covers the service",
    Reason.INTERNAL_ONLY: "the row is for connections inside the server only",
    Reason.DIRECTION: "the roles of the row, but in the opposite direction",
    Reason.ROLE: "the hosts have other roles than the row",
    Reason.CLIENT_PORT: "the originator used another port",
    Reason.BROADCAST_ADDRESS: "sent to another address than footnote *3 requires",
    Reason.PROTOCOL: "another transport or application",
    Reason.EXECUTABLE: "another program",
}
"""The field in which the nearest row fails, or ``executable``: the evidence of hosts shows another program than the row
declares. The reason of a blocked flow is its outcome."""

OUTCOMES: dict[Outcome, str] = {
    Outcome.ESTABLISHED: "it was answered; a TCP connection was opened",
    Outcome.REFUSED: "answered with a TCP reset, before anything was acknowledged",
    Outcome.NO_REPLY: "no answer, or an answer or data that did not arrive",
    Outcome.ADMIN_PROHIBITED: "an ICMP error: administratively prohibited",
    Outcome.UNREACHABLE: "an ICMP error: unreachable",
    Outcome.ONE_WAY: "only one side was captured, and no answer was due or none can be recognised",
    Outcome.PARTIAL: "both sides were captured, without their beginning",
}

CAUSES: dict[Outcome, str] = {
    Outcome.REFUSED: "TCP reset",
    Outcome.NO_REPLY: "no answer",
    Outcome.ADMIN_PROHIBITED: "ICMP: prohibited",
    Outcome.UNREACHABLE: "ICMP: unreachable",
}
"""The outcomes of flows that got no service, in few words: column heads of a chart."""

STATUSES: dict[Status, str] = {
    Status.MISSING: "it had to be captured, and was not",
    Status.BLOCKED: "tried, and got no service",
    Status.SATISFIED: "captured, as the row requires",
    Status.NOT_OBSERVABLE: "these captures could not show it",
    Status.ATTESTED: "these captures could not show it, and somebody attests it until a day",
    Status.NOT_EXERCISED: "not captured, and not required",
    Status.NOT_APPLICABLE: "it does not concern this machine or site",
}

EVIDENCE: dict[str, str] = {
    "declared": "the log of the host covers the time of the flow and has no record of it",
    "confirmed": "a record shows the path that the table prints",
    "consistent": "a record shows the right name, but another path or none",
    "contradicted": "all records show another program",
    "unproven": "there is a record, and its clock, its host or its program is in doubt",
    "not-observable": "no log of the host covers the connection",
}
"""What the evidence of hosts shows of the programs of a flow."""

BOOT_STATUSES: dict[BootStatus, str] = {
    BootStatus.STALLED: "the boot stopped at a stage",
    BootStatus.NOT_OBSERVABLE: "these captures could not show the end of the boot",
    BootStatus.COMPLETE: "the connection to the agent's port was established",
}

BOOT_STAGES: dict[str, str] = dict(
    zip(
        STAGES,
        (
            "the machine asks for an address (DHCP)",
            "a server offers an address",
            "the machine asks for the offered address",
            "the server confirms the address",
            "the boot server answers (ProxyDHCP)",
            "the machine asks for a file (TFTP)",
            "the connection to the agent's port",
        ),
        strict=True,
    )
)

ROLES: dict[Role, str] = {
    Role.DPM_SERVER: "the DPM Server",
    Role.MANAGED_MACHINE: "a machine that DPM manages",
    Role.DHCP_SERVER: "a DHCP server",
    Role.IMAGE_BUILDER: "a console with the Image Builder",
    Role.COMMAND_LINE: "a console with the DPM command line",
    Role.OTHER: "any other host",
}

CASTS: dict[Cast, str] = {
    Cast.UNICAST: "to one host",
    Cast.LIMITED_BROADCAST: "to 255.255.255.255",
    Cast.DIRECTED_BROADCAST: "to the broadcast address of a segment",
    Cast.MULTICAST: "to a multicast group",
}

BASES: dict[Basis, str] = {
    Basis.SYN: "it sent the SYN",
    Basis.SYN_ACK: "the other side sent a SYN-ACK",
    Basis.PROTOCOL: "the protocol shows it (DHCP, a TFTP request)",
    Basis.RULE: "a row of the table covers only this direction",
    Basis.SERVICE_PORT: "the other side has the port of a well-known service or of the table: probable, not certain",
    Basis.FIRST_PACKET: "it sent the first packet that was captured; nothing better is known",
}
"""What shows that a host is the originator."""


class WordList(NamedTuple):
    """All words of one kind with their meanings. ``title``: what they describe; ``meanings``: keys are texts."""

    title: str
    meanings: Mapping[Any, str]


WORDS: tuple[WordList, ...] = (
    WordList("answer (of a report)", ANSWERS),
    WordList("verdict (of a flow)", VERDICTS),
    WordList("reason (of an unexpected flow)", REASONS),
    WordList("outcome (of a flow)", OUTCOMES),
    WordList("evidence of programs (of a flow)", EVIDENCE),
    WordList("status (of a row, for a machine)", STATUSES),
    WordList("status (of a boot)", BOOT_STATUSES),
    WordList("stage (of a boot)", BOOT_STAGES),
    WordList("role (of a host)", ROLES),
    WordList("cast (of a flow)", CASTS),
    WordList("direction basis (of a flow)", BASES),
)
"""The word lists of the documentation, in its order."""
