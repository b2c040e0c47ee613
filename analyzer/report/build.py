"""A judgement made into the document."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from analyzer.capture.frame import tunnel_names
from analyzer.compliance.boots.stages import BootAttempt, find_boots
from analyzer.compliance.dissection import facts_of
from analyzer.compliance.identity.roles import DPM_ROLES, roles_in
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.flows import flow_messages
from analyzer.compliance.role_inference import InferredProfile
from analyzer.compliance.rows.expectations import Expectation
from analyzer.compliance.rows.status import judge_rows
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.compliance.verdict.waivers import end_of_day
from analyzer.compliance.visibility.blind_spots import one_sided
from analyzer.flows.evidence import CaptureFacts
from analyzer.flows.record import F_FIRST, F_TUNNEL
from analyzer.report.boots import boot_frame, named_by, story_of
from analyzer.report.findings import finding_frame, row_frame
from analyzer.report.flows import flow_frame
from analyzer.report.messages import Messages
from analyzer.report.model import Capture, Host, Meta, Note, Reading, Report, RuleSource, Site, Uncovered, Waiver
from analyzer.report.vantage_counts import sightings_of
from analyzer.rules import RuleTable
from analyzer.values import BootStatus, Role, Status, Verdict
from analyzer.version import VERSION


def build_report(
    judgement: Judgement,
    expectations: list[Expectation],
    unknown: list[str],
    notes: Iterable[Note],
    inferred: InferredProfile | None,
) -> Report:
    """The whole document.

    ``demands`` and ``unknown``: what had to be seen, and the items asked for that the table does not cover.
    ``inferred``: the drafted profile that was judged by; None where one was given.
    """
    boots = find_boots(judgement)
    messages = flow_messages(judgement, boots)
    flows = flow_frame(judgement, messages)
    names: list[str] = flows["flow"].tolist()
    rows = row_frame(judgement, judge_rows(judgement, boots, expectations, unknown))
    from_machines = frozenset(
        rule.id for rule in judgement.rules.rules if Role.MANAGED_MACHINE in rule.originator.roles
    )
    findings = finding_frame(flows, rows, from_machines)
    verdicts = {word.value: int((flows["verdict"] == word.value).sum()) for word in Verdict}
    missing = int((rows["status"] == Status.MISSING.value).sum())
    meta = Meta(
        version=VERSION,
        headline=headline(verdicts, missing, boots),
        verdicts=verdicts,
        notes=tuple(notes),
        captures=tuple(captures_of(judgement)),
        left_out=tuple(judgement.evidence.unread),
        reading=Reading(**asdict(judgement.evidence.options)),
        hosts=tuple(hosts_of(judgement, inferred)),
        site=site_of(judgement, given=inferred is None),
        rules=tuple(sources_of(judgement.rules)),
        packs=tuple(pack.model_dump(mode="json") for pack in judgement.rules.packs),
        not_covered=tuple(Uncovered(item=part.item, why=part.why) for part in judgement.rules.not_covered),
        waivers=tuple(waivers_of(judgement)),
        observations=observations_of(judgement, names),
        machines=named_by(judgement, boots, names),
        boots=tuple(story_of(boot, names) for boot in boots),
        sightings=sightings_of(judgement),
        expect=tuple(dict.fromkeys([*(demand.because for demand in expectations), *unknown])),
    )
    return Report(meta, flows, findings, rows, boot_frame(boots), Messages(messages))


def headline(verdicts: dict[str, int], missing: int, boots: list[BootAttempt]) -> str:
    """The answer in one sentence."""
    parts = []
    if count := verdicts[Verdict.UNEXPECTED]:
        parts.append(f"{count} flow{'s' * (count > 1)} should not exist")
    if count := verdicts[Verdict.BLOCKED]:
        parts.append(f"{count} expected flow{'s' * (count > 1)} got no service")
    if missing:
        parts.append(
            f"{missing} row{'s' * (missing > 1)} of the table had to be seen and {'were' if missing > 1 else 'was'} not"
        )
    if count := sum(boot.status is BootStatus.STALLED for boot in boots):
        parts.append(f"{count} boot{'s' * (count > 1)} never finished")
    if not parts:
        total = sum(verdicts.values())
        if not total:
            return "There is no flow to judge."
        return f"Nothing to report in {total} flow{'s' * (total != 1)}."
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{text}."


def captures_of(judgement: Judgement) -> Iterable[Capture]:
    """Every capture, with what its vantage says of it."""
    ended: dict[int, int] = {}
    acknowledged = bool(one_sided(judgement.evidence, judgement.hosts).any())
    for facts in judgement.evidence.captures:
        view = judgement.vantages[facts.vantage - 1]
        before = ended.get(facts.vantage)
        follows = facts.frames > 0 and before is not None and facts.first > before
        yield capture_of(
            facts,
            gap=facts.first - (before or 0) if follows else None,
            one_sided=acknowledged and facts.frames > 0 and not view.both_ways,
        )
        if facts.frames:
            ended[facts.vantage] = max(facts.last, before or 0)


def capture_of(facts: CaptureFacts, *, gap: int | None, one_sided: bool) -> Capture:
    accounted = {reason.word: count for reason, count in facts.asides.items() if reason and count}
    return Capture(
        name=facts.name,
        sha256=facts.sha256,
        size=facts.size,
        format=facts.format,
        link_types=facts.link_types,
        vantage=facts.vantage,
        first_ts=facts.first if facts.frames else None,
        last_ts=facts.last if facts.frames else None,
        frames=facts.frames,
        in_flows=sum(count for reason, count in facts.asides.items() if not reason),
        accounted=accounted,
        snapped=facts.snapped,
        duplicates=facts.duplicates,
        damage=facts.damage,
        dropped=facts.dropped,
        backwards=facts.backwards,
        step_back=facts.step_back,
        undated=facts.undated,
        overlong=facts.overlong,
        gap=gap,
        one_sided=one_sided,
        blocks=facts.blocks,
        comments=facts.comments,
        filters=facts.filters,
    )


def hosts_of(judgement: Judgement, inferred: InferredProfile | None) -> Iterable[Host]:
    """Every host of the captures that holds a DPM role, in the order of the table's hosts."""
    host_facts = judgement.host_facts
    for code in np.flatnonzero(host_facts.roles & DPM_ROLES).tolist():
        address, mac = judgement.hosts.names[code]
        segment = judgement.site.segment(address)
        yield Host(
            address=f"{address} ({mac})" if mac else address,
            roles=tuple(role.value for role in roles_in(int(host_facts.roles[code]) & DPM_ROLES)),
            machine=host_facts.machine[code] or None,
            segment=segment.name if segment else None,
            basis="inferred" if inferred else "given",
            evidence=inferred.describe(address) if inferred else "",
        )


def site_of(judgement: Judgement, *, given: bool) -> Site:
    site = judgement.site
    return Site(
        name=site.name,
        given=given,
        source=site.source,
        sha256=site.sha256,
        profile=site.profile.model_dump(mode="json"),
    )


def sources_of(rules: RuleTable) -> Iterable[RuleSource]:
    for pack, source in zip(rules.packs, rules.sources, strict=True):
        yield RuleSource(
            name=source.name,
            id=pack.id,
            kind=pack.kind,
            sha256=source.sha256,
            title=pack.provenance.title,
            source=pack.provenance.source,
            edition=pack.provenance.edition,
            note=pack.provenance.note,
            shipped=source.shipped,
            lines=source.lines,
        )


def waivers_of(judgement: Judgement) -> Iterable[Waiver]:
    """What every waiver of the profile did."""
    words = [VERDICTS.index(word) for word in (Verdict.UNEXPECTED, Verdict.BLOCKED, Verdict.WAIVED)]
    findings = np.isin(judgement.verdicts.verdict, words)
    excused = Counter(judgement.waived.by[findings].tolist())
    lapsed = Counter(judgement.waived.lapsed[findings].tolist())
    for number, waiver in enumerate(judgement.site.profile.waivers):
        state = (
            "in-force" if excused[number] else "lapsed" if lapsed[number] or has_lapsed(judgement, number) else "unused"
        )
        yield Waiver(
            orig=waiver.orig,
            resp=waiver.resp,
            service=waiver.service,
            reason=waiver.reason,
            owner=waiver.owner,
            expires=str(waiver.expires),
            state=state,
            flows=excused[number] or lapsed[number],
        )


def has_lapsed(judgement: Judgement, number: int) -> bool:
    """Whether a waiver was over before anything was captured."""
    times = judgement.table.column(F_FIRST)
    return bool(len(times)) and end_of_day(str(judgement.site.profile.waivers[number].expires)) <= int(times.min())


def observations_of(judgement: Judgement, names: list[str]) -> dict[str, dict[str, str]]:
    """What was read inside flows: whom a power-on wakes, the request of a transfer, what tshark read."""
    found: dict[str, dict[str, str]] = {}
    for flow, target in judgement.woken.items():
        found.setdefault(names[flow], {})["wakes"] = target
        segment = int(judgement.facts.woken_segment[flow])
        if segment >= 0:
            found[names[flow]]["wakes_in"] = judgement.site.profile.segments[segment].name
    requests, kinds = judgement.relations.request_of, judgement.table.column(F_TUNNEL)
    for transfer in np.flatnonzero(requests >= 0).tolist():
        found.setdefault(names[transfer], {})["request"] = names[requests[transfer]]
    for flow in np.flatnonzero(judgement.relations.probe).tolist():
        found.setdefault(names[flow], {})["probe"] = "yes"
    for flow in np.flatnonzero(kinds > 0).tolist():
        found.setdefault(names[flow], {})["tunnel"] = ", ".join(tunnel_names(int(kinds[flow])))
    for flow, seen in judgement.observations.by_flow.items():
        if facts := facts_of(seen):
            found.setdefault(names[flow], {}).update(facts)
    return found
