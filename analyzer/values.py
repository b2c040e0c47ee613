"""The fixed words of the tables: verdicts, reasons, outcomes, statuses, roles, casts.

They are plain string enumerations, so that a column, a YAML file and a JSON document hold the same word.
"""

from enum import StrEnum


class Verdict(StrEnum):
    EXPECTED = "expected"
    BLOCKED = "blocked"
    UNEXPECTED = "unexpected"
    WAIVED = "waived"
    OUT_OF_SCOPE = "out-of-scope"
    BACKGROUND = "background"
    UNDETERMINED = "undetermined"


class Reason(StrEnum):
    """Why a flow is unexpected (first eight) or blocked (last four)."""

    NO_ROW = "no-row"
    INTERNAL_ONLY = "internal-only"
    DIRECTION = "direction"
    ROLE = "role"
    CLIENT_PORT = "client-port"
    BROADCAST_ADDRESS = "broadcast-address"
    PROTOCOL = "protocol"
    EXECUTABLE = "executable"
    REFUSED = "refused"
    NO_REPLY = "no-reply"
    ADMIN_PROHIBITED = "admin-prohibited"
    UNREACHABLE = "unreachable"


class EvidenceWord(StrEnum):
    """What is known of the program at an end of a flow, beside what the table declares."""

    DECLARED = "declared"
    CONFIRMED = "confirmed"
    CONSISTENT = "consistent"
    CONTRADICTED = "contradicted"
    UNPROVEN = "unproven"
    NOT_OBSERVABLE = "not-observable"


class Outcome(StrEnum):
    """What happened to a flow, whether a row covers it or not."""

    ESTABLISHED = "established"
    REFUSED = "refused"
    NO_REPLY = "no-reply"
    ADMIN_PROHIBITED = "admin-prohibited"
    UNREACHABLE = "unreachable"
    ONE_WAY = "one-way"
    PARTIAL = "partial"


class Status(StrEnum):
    """Whether a row of the table was exercised."""

    SATISFIED = "satisfied"
    BLOCKED = "blocked"
    MISSING = "missing"
    NOT_EXERCISED = "not-exercised"
    NOT_OBSERVABLE = "not-observable"
    ATTESTED = "attested"
    NOT_APPLICABLE = "not-applicable"


class BootStatus(StrEnum):
    COMPLETE = "complete"
    STALLED = "stalled"
    NOT_OBSERVABLE = "not-observable"


class Answer(StrEnum):
    """What a report answers as a whole."""

    COMPLIANT = "COMPLIANT"
    NOT_COMPLIANT = "NOT COMPLIANT"
    NOT_JUDGED = "NOT JUDGED"


class Role(StrEnum):
    DPM_SERVER = "dpm-server"
    MANAGED_MACHINE = "managed-machine"
    DHCP_SERVER = "dhcp-server"
    IMAGE_BUILDER = "image-builder"
    COMMAND_LINE = "command-line"
    OTHER = "other"


class Cast(StrEnum):
    UNICAST = "unicast"
    LIMITED_BROADCAST = "limited-broadcast"
    DIRECTED_BROADCAST = "directed-broadcast"
    MULTICAST = "multicast"


class Basis(StrEnum):
    """The evidence for the originator."""

    SYN = "syn"
    SYN_ACK = "syn-ack"
    PROTOCOL = "protocol"
    RULE = "rule"
    SERVICE_PORT = "service-port"
    FIRST_PACKET = "first-packet"


STOPPED = frozenset({Outcome.REFUSED, Outcome.NO_REPLY, Outcome.ADMIN_PROHIBITED, Outcome.UNREACHABLE})
"""Outcomes of flows that got no service."""

STAGES = ("discover", "offer", "request", "ack", "proxy", "tftp", "agent")
"""The stages of a network boot, in their order."""

LADDER = (*STAGES[:2], "proxy_offer", *STAGES[2:])
"""The stages, and the boot server's offer among them: it has no address, so a boot can go on without it."""

SEVERITY = (
    Verdict.UNEXPECTED, Verdict.BLOCKED, Status.MISSING, Verdict.UNDETERMINED, Verdict.WAIVED, Verdict.EXPECTED,
    Verdict.OUT_OF_SCOPE, Verdict.BACKGROUND,
)  # fmt: skip
"""Verdicts and the status missing, most serious first."""

_RANKS: dict[str, int] = {word.value: place for place, word in enumerate(SEVERITY)}


def severity(word: str) -> int:
    """0 for the most serious verdict, more for lesser ones; unknown words come last."""
    return _RANKS.get(word, len(SEVERITY))
