"""A judgement made into the document."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import numpy as np

from analyzer.compliance.identity.roles import DPM_ROLES, roles_in
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.role_inference import InferredProfile
from analyzer.compliance.rows.attested import captured_until
from analyzer.compliance.rows.attested import has_lapsed as lapsed_at
from analyzer.compliance.rows.expectations import Requirements
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.compliance.verdict.waivers import end_of_day
from analyzer.compliance.visibility.blind_spots import one_sided
from analyzer.flows.capture_facts import MEANINGS, CaptureFacts
from analyzer.messages import Message
from analyzer.messages.english import sentence
from analyzer.report.answer import answer_facts, answer_of, why_not_judged
from analyzer.report.boots import boot_frame, named_by, story_of, unfinished
from analyzer.report.headline import headline, judged_part
from analyzer.report.messages import Messages
from analyzer.report.meta import (
    AttestationUse,
    Capture,
    ExpectedItem,
    Host,
    HostSummary,
    Meta,
    ReadSettings,
    RuleSource,
    SiteRecord,
    UncoveredItem,
    WaiverUse,
)
from analyzer.report.model import Report
from analyzer.report.notes import dissection_summary
from analyzer.report.observations import observations_of
from analyzer.report.stage_results import StageResults
from analyzer.report.vantage_counts import sightings_of
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.times import time_text
from analyzer.values import Status, Verdict
from analyzer.version import VERSION


def _host_summary(results: StageResults, names: list[str]) -> HostSummary | None:
    """What the evidence of hosts is; None without any."""
    if results.programs is None:
        return None
    from analyzer.report.programs import host_summary  # noqa: PLC0415 - seldom needed, and a tenth of all modules

    return host_summary(results.programs, names)


def build_report(results: StageResults) -> Report:
    """The whole document."""
    judgement, boots, flows = results.judgement, results.boots, results.flows
    names: list[str] = flows["flow"].tolist()
    verdicts = {word.value: int((flows["verdict"] == word.value).sum()) for word in Verdict}
    hosts = tuple(hosts_of(judgement, results.inferred))
    captures = tuple(captures_of(judgement))
    stories = tuple(
        story_of(boot, names, is_unfinished=open_end) for boot, open_end in zip(boots, unfinished(boots), strict=True)
    )
    facts = answer_facts(verdicts, len(results.findings.table), stories, hosts, captures)
    answer = answer_of(facts)
    about, part = headline(answer, results, verdicts), judged_part(results)
    meta = Meta(
        version=VERSION,
        answer=answer.answer,
        not_judged=why_not_judged(facts),
        headline=sentence(about),
        scope=sentence(part),
        verdicts=verdicts,
        notes=tuple(results.notes),
        captures=captures,
        left_out=tuple(map(sentence, judgement.evidence.unread)),
        reading=ReadSettings(**asdict(judgement.evidence.options)),
        hosts=hosts,
        site=site_of(judgement.site, given=results.inferred is None),
        known_server=results.known_server,
        timezone=results.timezone or judgement.site.profile.timezone,
        rules=tuple(sources_of(judgement.rules)),
        packs=tuple(pack.model_dump(mode="json") for pack in judgement.rules.packs),
        not_covered=tuple(UncoveredItem(item=part.item, why=part.why) for part in judgement.rules.not_covered),
        waivers=tuple(waivers_of(judgement)),
        attestations=tuple(attestations_of(results)),
        observations=observations_of(judgement, names),
        machines=named_by(judgement, boots, names),
        boots=stories,
        sightings=sightings_of(judgement),
        expect=tuple(expected_texts(results.required)),
        dissection=dissection_summary(judgement.observations),
        expectations=tuple(expected_items(results.required)),
        outcomes=results.findings.outcomes,
        host_evidence=_host_summary(results, names),
    )
    messages = Messages(
        results.flow_messages,
        {
            "headline": ((about,),),
            "scope": ((part,),),
            "rows": tuple(row.why for row in results.rows),
            "boots": tuple(boot.why for boot in boots),
            "damage": tuple(facts.damage for facts in judgement.evidence.captures),
            "left_out": tuple((unread,) for unread in judgement.evidence.unread),
            "hosts": tuple(evidence_of(host.ip, results.inferred) for host in hosts),
        },
    )
    return Report(meta, flows, results.findings.table, results.row_table, boot_frame(boots), messages)


def expected_texts(required: Requirements) -> Iterator[str]:
    """What was required, as sentences; items that the table in use does not cover by their names."""
    yield from dict.fromkeys(sentence(expectation.because) for expectation in required.expectations)
    yield from (item for item in required.not_covered)


def expected_items(required: Requirements) -> Iterator[ExpectedItem]:
    """The same as facts."""
    for expected in required.items:
        begin, until = (time_text(-1 if time is None else time) for time in expected.window)
        yield ExpectedItem(
            item=expected.item,
            source="footnote" if expected.required_by else expected.source,
            required_by=expected.required_by,
            machines=expected.machines,
            begin=begin,
            until=until,
            covered=expected.item not in required.not_covered,
        )


def captures_of(judgement: Judgement) -> Iterable[Capture]:
    """Every capture, with the facts of its vantage."""
    ended: dict[int, int] = {}
    acknowledged = bool(one_sided(judgement.evidence, judgement.hosts).any())
    for facts in judgement.evidence.captures:
        vantage = judgement.vantages[facts.vantage - 1]
        before = ended.get(facts.vantage)
        follows = facts.frames > 0 and before is not None and facts.first > before
        yield capture_of(
            facts,
            gap=facts.first - (before or 0) if follows else None,
            one_sided=acknowledged and facts.frames > 0 and not vantage.bidirectional,
        )
        if facts.frames:
            ended[facts.vantage] = max(facts.last, before or 0)


COPIED_FACTS = [name for name in MEANINGS if name in Capture.model_fields and name != "damage"]
"""The facts of a capture that the document has as they are, under the same names."""


def capture_of(facts: CaptureFacts, *, gap: int | None, one_sided: bool) -> Capture:
    accounted = {reason.word: count for reason, count in facts.asides.items() if reason and count}
    return Capture(
        first_ts=facts.first if facts.frames and facts.first >= 0 else None,
        last_ts=facts.last if facts.frames and facts.last >= 0 else None,
        in_flows=sum(count for reason, count in facts.asides.items() if not reason),
        accounted=accounted,
        damage=tuple(map(sentence, facts.damage)),
        gap=gap,
        one_sided=one_sided,
        **{name: getattr(facts, name) for name in COPIED_FACTS},
    )


def hosts_of(judgement: Judgement, inferred: InferredProfile | None) -> Iterable[Host]:
    """Every host of the captures that holds a DPM role, in the order of the table's hosts."""
    host_facts = judgement.host_facts
    for code in np.flatnonzero(host_facts.roles & DPM_ROLES).tolist():
        address, mac = judgement.hosts.names[code]
        segment = judgement.site.segment(address)
        yield Host(
            address=f"{address} ({mac})" if mac else address,
            ip=address,
            mac=mac,
            roles=tuple(role.value for role in roles_in(int(host_facts.roles[code]) & DPM_ROLES)),
            machine=host_facts.machine[code] or None,
            segment=segment.name if segment else None,
            basis="inferred" if inferred else "given",
            evidence="; ".join(map(sentence, evidence_of(address, inferred))),
        )


def evidence_of(address: str, inferred: InferredProfile | None) -> tuple[Message, ...]:
    """What the inferred roles of an address rest on; nothing where they were given."""
    return tuple(inferred.evidence.get(address, {}).values()) if inferred else ()


def site_of(site: Site, *, given: bool) -> SiteRecord:
    return SiteRecord(
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


def waivers_of(judgement: Judgement) -> Iterable[WaiverUse]:
    """What every waiver of the profile did."""
    words = [VERDICTS.index(word) for word in (Verdict.UNEXPECTED, Verdict.BLOCKED, Verdict.WAIVED)]
    findings = np.isin(judgement.verdicts.verdict, words)
    excused = Counter(judgement.waived.by[findings].tolist())
    lapsed = Counter(judgement.waived.lapsed[findings].tolist())
    for number, waiver in enumerate(judgement.site.profile.waivers):
        state = (
            "in-force" if excused[number] else "lapsed" if lapsed[number] or has_lapsed(judgement, number) else "unused"
        )
        yield WaiverUse(
            orig=waiver.orig,
            resp=waiver.resp,
            service=waiver.service,
            reason=waiver.reason,
            owner=waiver.owner,
            expires=str(waiver.expires),
            state=state,
            flows=excused[number] or lapsed[number],
            ticket=waiver.ticket or "",
        )


def attestations_of(results: StageResults) -> Iterable[AttestationUse]:
    """What every attestation of the profile did."""
    until = captured_until(results.judgement.evidence.captures)
    used = {row.attestation for row in results.rows if row.status is Status.ATTESTED}
    for number, one in enumerate(results.judgement.site.profile.attestations):
        rule, item, machine = one.target
        yield AttestationUse(
            rule=rule,
            item=item,
            machine=machine,
            owner=one.owner,
            evidence=one.evidence,
            expires=str(one.expires),
            state="in-force" if number in used else "lapsed" if lapsed_at(one, until) else "unused",
            ticket=one.ticket or "",
        )


def has_lapsed(judgement: Judgement, number: int) -> bool:
    """Whether a waiver was over before anything was captured."""
    times = judgement.table.first_ns
    return bool(len(times)) and end_of_day(str(judgement.site.profile.waivers[number].expires)) <= int(times.min())
