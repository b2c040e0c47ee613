"""What the stages found, as the document is made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.role_inference import InferredProfile
from analyzer.compliance.rows.expectations import Requirements
from analyzer.compliance.rows.result import RowResult
from analyzer.messages.grouping import FlowMessages
from analyzer.report.findings import Findings
from analyzer.report.meta import Note

if TYPE_CHECKING:
    from analyzer.program_verdicts import ProgramVerdicts


@dataclass(frozen=True)
class StageResults:
    """What the stages found, for the document. ``required``: what the captures had to show; ``inferred``: the drafted
    profile that was judged by; None where one was given; ``flows``, ``row_table``: the document's tables;
    ``programs``: None without evidence of hosts; ``known_server``: the address that was given without a profile;
    ``timezone``: the zone that was given for times beside UTC."""

    judgement: Judgement
    inferred: InferredProfile | None
    required: Requirements
    boots: list[BootAttempt]
    rows: list[RowResult]
    flow_messages: FlowMessages
    flows: pd.DataFrame
    row_table: pd.DataFrame
    findings: Findings
    notes: Sequence[Note]
    programs: "ProgramVerdicts | None" = None
    known_server: str = ""
    timezone: str = ""
