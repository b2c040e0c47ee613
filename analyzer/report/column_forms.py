"""What the values of each column of the document's tables are: words, times, numbers, texts."""

from collections.abc import Iterable
from typing import Any

from analyzer.flows.conn_state import CONN_STATES
from analyzer.net import PROTOCOLS
from analyzer.report.meta import MOST
from analyzer.report.model import INTEGERS
from analyzer.values import STAGES, Basis, BootStatus, Cast, EvidenceWord, Outcome, Reason, Role, Status, Verdict

_DATE = r"(19[7-9][0-9]|2[01][0-9][0-9]|22[0-5][0-9]|226[0-2])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
"""Days that nanoseconds since 1970 reach in 64 bits."""
TIME = rf"^({_DATE}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.([0-9]{{6}}|[0-9]{{9}})Z)?$"
_PROTO = "|".join(sorted(PROTOCOLS.values()))
_NUMBER = r"[0-9]{1,3}"
PATTERNS: dict[tuple[str, str], str] = {
    ("flows", "proto"): rf"^({_PROTO}|{_NUMBER})$",
    ("findings", "proto"): rf"^({_PROTO}|{_NUMBER})?$",
    ("flows", "service"): rf"^(({_PROTO})/[0-9]{{1,5}}|ip/({_PROTO}|{_NUMBER}))( \([^()]+\))?$",
    ("findings", "service"): rf"^((({_PROTO})/[0-9]{{1,5}}|ip/({_PROTO}|{_NUMBER}))( \([^()]+\))?)?$",
    ("flows", "orig_mac"): r"^([0-9a-f]{2}(:[0-9a-f]{2}){5})?$",
    ("flows", "resp_mac"): r"^([0-9a-f]{2}(:[0-9a-f]{2}){5})?$",
    ("flows", "duration"): r"^[0-9]{1,10}\.([0-9]{6}|[0-9]{9})$",
}
"""Columns of texts of one form, by table."""
TIMES = frozenset(
    {"ts", "first_seen", "last_seen", "started", "ended", "proxy_offer", *STAGES},
)
WORDS: dict[tuple[str, str], Iterable[str]] = {
    ("flows", "orig_role"): Role,
    ("flows", "resp_role"): Role,
    ("flows", "cast"): Cast,
    ("flows", "conn_state"): CONN_STATES,
    ("flows", "direction_basis"): Basis,
    ("flows", "outcome"): Outcome,
    ("flows", "verdict"): Verdict,
    ("flows", "reason"): ("", *Reason),
    ("flows", "program_evidence"): ("", *EvidenceWord),
    ("findings", "orig_role"): ("", *Role),
    ("findings", "resp_role"): ("", *Role),
    ("findings", "verdict"): (Verdict.UNEXPECTED, Verdict.BLOCKED, Status.MISSING),
    ("findings", "reason"): ("", *Reason),
    ("rows", "status"): Status,
    ("boots", "furthest"): ("", *STAGES),
    ("boots", "status"): BootStatus,
    ("boots", "stalled_at"): ("", *STAGES),
}
"""Columns that hold one of a few words, by table."""


def form_of_values(table: str, name: str) -> dict[str, Any]:
    """What a value of a column is, as a part of the JSON Schema."""
    if name in INTEGERS:
        most = 65535 if name in ("orig_p", "resp_p") else MOST
        return {"type": "integer", "minimum": -1, "maximum": most}
    if (table, name) in WORDS:
        return {"enum": [str(word) for word in WORDS[table, name]]}
    if name in TIMES:
        return {"type": "string", "pattern": TIME}
    pattern = PATTERNS.get((table, name))
    return {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
