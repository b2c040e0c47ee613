"""All messages of a judged flow table, in the order in which a reader gets them."""

from collections.abc import Iterable, Iterator

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.block_causes import block_causes
from analyzer.compliance.messages.payload import payload_messages
from analyzer.compliance.messages.reasons import reason_messages
from analyzer.compliance.messages.vantages import vantage_messages
from analyzer.compliance.messages.verdicts import (
    after_reason,
    lapsed_waivers,
    reason_flows,
    stopped_flows,
    verdict_messages,
)
from analyzer.messages.grouping import FlowMessages, MessageColumn, SingleFlows, group_messages


def flow_messages(
    judgement: Judgement, boots: list[BootAttempt], programs: Iterable[MessageColumn] = ()
) -> FlowMessages:
    """Why every flow has its verdict, what was read in it, and where it was captured. ``boots``: those of the same
    judgement, for what follows a power-on. ``programs``: what evidence of hosts contradicts."""
    return group_messages(len(judgement.table), message_columns(judgement, boots, programs))


def message_columns(
    judgement: Judgement, boots: list[BootAttempt], programs: Iterable[MessageColumn]
) -> Iterator[MessageColumn | SingleFlows]:
    """Every message with the flows that get it, in the order of reading."""
    yield from verdict_messages(judgement)
    yield from block_causes(judgement, stopped_flows(judgement))
    yield from reason_messages(judgement, reason_flows(judgement))
    yield from programs
    yield from after_reason(judgement)
    yield from payload_messages(judgement, boots)
    yield from lapsed_waivers(judgement)
    yield from vantage_messages(judgement)
