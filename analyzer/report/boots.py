"""Boots in the contract's columns, and what these have no room for."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.coverage import named_machines
from analyzer.net import architecture_name
from analyzer.report.meta import BootAnswer, BootFile, BootStory
from analyzer.report.model import BOOT_COLUMNS, table
from analyzer.report.wording import line_texts
from analyzer.times import time_text
from analyzer.values import STAGES, BootStatus


def boot_frame(boots: list[BootAttempt]) -> pd.DataFrame:
    """One line a boot attempt; columns BOOT_COLUMNS."""
    data: dict[str, list[Any]] = {
        "client_mac": [boot.client_mac for boot in boots],
        "client_ip": [boot.client_ip for boot in boots],
        "machine": [boot.machine for boot in boots],
        "started": [time_text(boot.started) for boot in boots],
        "ended": [time_text(boot.ended) for boot in boots],
        "furthest": [boot.furthest for boot in boots],
        "status": [boot.status.value for boot in boots],
        "stalled_at": [boot.stalled_at for boot in boots],
        "why": line_texts(boot.why for boot in boots),
        "servers": ["; ".join(boot.servers) for boot in boots],
        "files": ["; ".join(f"{item.asked.file} ({item.ending.value})" for item in boot.transfers) for boot in boots],
    }
    data |= {stage: [time_text(boot.times.get(stage, -1)) for boot in boots] for stage in STAGES}
    data["proxy_offer"] = [time_text(boot.boot_server_offered) for boot in boots]
    return table(BOOT_COLUMNS, data)


def unfinished(boots: list[BootAttempt]) -> list[bool]:
    """For each attempt: whether it stalled and no later attempt of its client was complete."""
    last_complete: dict[str, int] = {}
    for boot in boots:
        if boot.status is BootStatus.COMPLETE:
            last_complete[boot.client_mac] = max(boot.number, last_complete.get(boot.client_mac, 0))
    return [boot.status is BootStatus.STALLED and boot.number > last_complete.get(boot.client_mac, 0) for boot in boots]


def story_of(boot: BootAttempt, names: list[str], *, is_unfinished: bool) -> BootStory:
    """What the line of the table has no column for. ``names``: of the flows, by number."""
    return BootStory(
        uuid=boot.uuid,
        architecture=architecture_name(boot.architecture),
        xids=tuple(f"0x{xid:08x}" for xid in boot.xids),
        attempt=boot.number,
        attempts=boot.attempts,
        answers=tuple(
            BootAnswer(
                ts=time_text(answer.time), **{name: value for name, value in asdict(answer).items() if name != "time"}
            )
            for answer in boot.answers
        ),
        files=tuple(
            BootFile(
                file=transfer.asked.file,
                mode=transfer.asked.mode,
                options=transfer.asked.options,
                ending=transfer.ending.value,
                error=transfer.error,
                flow=names[transfer.request],
            )
            for transfer in boot.transfers
        ),
        agent=names[boot.agent_flow] if boot.agent_flow >= 0 else "",
        unfinished=is_unfinished,
    )


def named_by(judgement: Judgement, boots: list[BootAttempt], names: list[str]) -> dict[str, tuple[str, ...]]:
    """Flow -> the machines that its messages name."""
    found: dict[str, dict[str, None]] = {}
    for flow, machine, _ in named_machines(judgement, boots):
        found.setdefault(names[flow], {}).setdefault(machine)
    return {flow: tuple(machines) for flow, machines in found.items()}
