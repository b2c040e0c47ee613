"""What the reader has to know before reading on: everything that was inferred, not verified, lost or left out."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import numpy as np

from analyzer.capture.frame import Aside, tunnel_names
from analyzer.compliance.dissection import FlowObservations
from analyzer.compliance.exchanges.dhcp import count_cut_messages
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.role_inference import InferredProfile
from analyzer.compliance.rows.attested import has_lapsed
from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.evidence import Evidence, encapsulations_not_read, flows_beyond_limit, flows_on_disk
from analyzer.messages import Message, Value, as_data, message
from analyzer.messages.english import sentence
from analyzer.report.meta import DissectionSummary, MessageData, Note
from analyzer.rules import RuleTable
from analyzer.site import Site, Waiver
from analyzer.values import Role, Status, Verdict

UNREAD = (
    Aside.ENCAPSULATED,
    Aside.LINK_TYPE,
    Aside.CUT_SHORT,
    Aside.MALFORMED,
    Aside.FRAGMENT,
    Aside.ENCRYPTED,
    Aside.DEEP,
)

CLOCK_STEP = 1_000_000_000
"""Nanoseconds by which frames of several interfaces may be out of order without a note."""


def notes_of(
    judgement: Judgement, inferred: InferredProfile | None, doubts: Sequence[Message], *, hosts: bool
) -> Iterator[Note]:
    """The notes in the order in which they matter. ``inferred``: the drafted profile; None where one was given.
    ``doubts``: what the traffic shows against a given profile; ``hosts``: evidence of hosts was given."""
    evidence, waivers = judgement.evidence, judgement.site.profile.waivers
    yield from about_roles((*doubts, *judgement.site.warnings), inferred)
    yield about_dissection(judgement.observations, hosts=hosts)
    yield from about_captures(evidence, len(judgement.vantages))
    yield from about_tunnels(evidence)
    yield from about_boots6(judgement)
    yield from about_table(judgement.rules)
    yield from about_waivers(
        [waiver for number, waiver in enumerate(waivers) if (judgement.waived.lapsed == number).any()]
    )


def info(code: str, **values: Value) -> Note:
    return note("info", message(code, **values))


def warning(code: str, **values: Value) -> Note:
    return note("warning", message(code, **values))


def note(level: Literal["info", "warning"], about: Message) -> Note:
    """A note with its sentence."""
    return Note(level=level, text=sentence(about), **as_data(about))


def about_watch(ports: Collection[int]) -> Iterator[Note]:
    """Ports whose frames the table needs, and that were not kept when the captures were read."""
    if ports:
        yield warning("note-watch", ports=tuple(sorted(ports)))


def about_roles(warnings: Sequence[Message], inferred: InferredProfile | None) -> Iterator[Note]:
    """What the profile does not state, or that there is none."""
    yield from (note("warning", about) for about in warnings)
    if inferred is None:
        return
    server = inferred.profile.dpm_server
    evidence = inferred.evidence.get(str(server.addresses[0]), {}) if server else {}
    given = Role.DPM_SERVER in evidence and evidence[Role.DPM_SERVER].code == "role-given-server"
    basis = "given" if given else "inferred"
    yield warning("note-roles-inferred", server=str(server.addresses[0]) if server else "", basis=basis)
    if not inferred.profile.segments:
        yield warning("note-no-segment")


def dissection_summary(seen: FlowObservations) -> DissectionSummary | None:
    """What dissection did; None where only headers were judged."""
    dissection = seen.dissection
    if dissection is None:
        return None
    return DissectionSummary(
        tool="tshark",
        version=dissection.version,
        frames=len(dissection.observations),
        flows=len(seen.by_flow),
        left=seen.left,
        problem=MessageData(**as_data(dissection.problem)) if dissection.problem else None,
    )


def about_dissection(seen: FlowObservations, *, hosts: bool) -> Note:
    """What was verified beyond headers, and what was not. ``hosts``: evidence of hosts was given."""
    dissection = seen.dissection
    if dissection is None:
        return info("note-headers-only", programs=programs_verified(hosts=hosts))
    return note(
        "warning" if dissection.problem else "info",
        message(
            "note-dissected",
            version=dissection.version,
            frames=len(dissection.observations),
            flows=len(seen.by_flow),
            left=seen.left,
            problem=dissection.problem or "",
            programs=programs_verified(hosts=hosts),
        ),
    )


def programs_verified(*, hosts: bool) -> str:
    """Which evidence there is of the programs."""
    return "host-evidence" if hosts else "none"


def about_captures(evidence: Evidence, vantages: int) -> Iterator[Note]:
    """What the captures could not show."""
    for unread in evidence.unread:
        yield warning("note-unread", unread=unread)
    yield from about_frames(evidence)
    if frames := sum(capture.snapped for capture in evidence.captures):
        if messages := count_cut_messages(evidence.table):
            yield warning("note-dhcp-cut", frames=frames, messages=messages)
        else:
            yield info("note-cut", frames=frames)
    if beyond := flows_beyond_limit(evidence):
        yield warning("note-beyond-limit", beyond=beyond)
    if moved := flows_on_disk(evidence):
        yield info("note-flows-on-disk", moved=moved)
    if vantages > 1:
        yield info("note-vantages", vantages=vantages)


def about_tunnels(evidence: Evidence) -> Iterator[Note]:
    """Flows that were captured inside tunnels, and magic packets that are in no flow."""
    kinds = evidence.table.tunnels
    words = sorted({word for kind in np.unique(kinds).tolist() for word in tunnel_names(kind)})
    if words:
        yield info("note-tunnels", flows=int((kinds > 0).sum()), tunnels=tuple(words))
    woken = sum(capture.asides.get(Aside.WAKE, 0) for capture in evidence.captures)
    if woken:
        yield warning("note-ethernet-wake", packets=woken)


def about_boots6(judgement: Judgement) -> Iterator[Note]:
    """Network boots over IPv6: recognised, and not followed."""
    verdicts = [VERDICTS[judgement.verdicts.verdict[mark.flow]] for mark in judgement.boots6]
    if verdicts:
        yield warning("note-boots-ipv6", messages=len(verdicts), unexpected=verdicts.count(Verdict.UNEXPECTED))


def about_table(rules: RuleTable) -> Iterator[Note]:
    """What the table in use does not cover."""
    if rules.not_covered:
        yield info("note-not-covered", items=tuple(part.item for part in rules.not_covered))


def about_waivers(expired: Sequence[Waiver]) -> Iterator[Note]:
    """Waivers that had expired when flows came that they would have waived."""
    for waiver in expired:
        yield warning(
            "note-waiver-lapsed",
            owner=waiver.owner,
            orig=waiver.orig,
            resp=waiver.resp,
            service=waiver.service,
            expires=str(waiver.expires),
        )


def about_attestations(site: Site, rows: Sequence[RowResult], until: int) -> Iterator[Note]:
    """Attestations that have lapsed and would apply, those of rows that are missing, and those of no line. ``until``:
    when the last frame was captured."""
    attestations = site.profile.attestations
    if not attestations:
        return
    attested = {row.target for row in rows if row.status is Status.ATTESTED}
    missing = {row.target for row in rows if row.status is Status.MISSING and not row.check}
    listed = {row.target for row in rows}
    applied = {row.attestation for row in rows}
    for number, one in enumerate(attestations):
        rule, item, machine = one.target
        values = {"owner": one.owner, "rule": rule, "item": item, "machine": machine}
        lapsed = has_lapsed(one, until)
        if lapsed and one.target not in attested and (number in applied or item):
            yield warning("note-attestation-lapsed", expires=str(one.expires), **values)
        elif one.target in missing and not lapsed:
            yield warning("note-attestation-of-missing", **values)
        elif one.target not in listed and not lapsed and until >= 0:
            yield warning("note-attestation-of-nothing", **values)


def about_quality(capture: CaptureFacts) -> Iterator[Note]:
    """What a capture could not show, as it reports itself."""
    if capture.dropped:
        yield warning("note-dropped", capture=capture.name, packets=capture.dropped)
    for text in capture.filters:
        yield warning("note-filter", capture=capture.name, filter=text)
    if capture.step_back >= CLOCK_STEP:
        yield warning("note-clock", capture=capture.name, nanoseconds=capture.step_back)
    if capture.clock_jumps:
        yield warning("note-clock-forward", capture=capture.name, nanoseconds=capture.longest_pause)
    if capture.undated:
        yield warning("note-undated", capture=capture.name, frames=capture.undated)


def about_encapsulations(evidence: Evidence) -> Iterator[Note]:
    """The names of what was not read, and of tunnels that could not be opened."""
    if unread := encapsulations_not_read(evidence):
        yield warning("note-encapsulations", unread=unread)


def about_frames(evidence: Evidence) -> Iterator[Note]:
    """What each capture lost, and frames that were not read."""
    for capture in evidence.captures:
        for damage in capture.damage:
            yield warning("note-damaged", capture=capture.name, damage=damage)
        yield from about_quality(capture)
        if capture.duplicates:
            yield info("note-duplicates", capture=capture.name, frames=capture.duplicates)
        if not capture.frames:
            yield warning("note-empty", capture=capture.name)
    unread: Counter[Aside] = Counter()
    for capture in evidence.captures:
        unread.update({reason: count for reason, count in capture.asides.items() if reason in UNREAD})
    reasons = [
        message("frames-aside", frames=count, reason=reason.word) for reason, count in sorted(unread.items()) if count
    ]
    if reasons:
        yield warning("note-aside", reasons=tuple(reasons))
    yield from about_encapsulations(evidence)
    if evidence.marks_dropped:
        yield warning("note-marks-dropped", frames=evidence.marks_dropped)
