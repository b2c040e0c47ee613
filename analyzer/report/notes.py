"""What the reader has to know before reading on: everything that was inferred, not verified, lost or left out."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from analyzer.capture.frame import Aside, tunnel_names
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.role_inference import InferredProfile
from analyzer.flows.evidence import CaptureFacts, Evidence
from analyzer.flows.told import too_many
from analyzer.report.model import Note

UNREAD = (
    Aside.ENCAPSULATED,
    Aside.LINK_TYPE,
    Aside.CUT_SHORT,
    Aside.MALFORMED,
    Aside.FRAGMENT,
    Aside.ENCRYPTED,
    Aside.DEEP,
)

HEADERS_ALONE, NO_PAYLOAD = "Judged from headers", "No payload was there to look into"
LOOKED = re.compile(r"(tshark \S+) looked into")
NOT_LOOKED = re.compile(r"(.+)\. So: .* were not verified\.")

CLOCK_STEP = 1_000_000_000
"""Nanoseconds by which frames of several interfaces may be out of order without a word."""


def notes_of(judgement: Judgement, inferred: InferredProfile | None) -> Iterator[Note]:
    """The notes in the order in which they matter."""
    yield from about_roles(judgement, inferred)
    yield about_dissection(judgement)
    yield from about_captures(judgement)
    yield from about_tunnels(judgement.evidence)
    yield from about_boots6(judgement)
    not_covered = [part.item for part in judgement.rules.not_covered]
    if not_covered:
        yield Note(
            level="info",
            text=f"The table in use does not cover: {', '.join(not_covered)}. Their traffic is called unexpected.",
        )
    for number, waiver in enumerate(judgement.site.profile.waivers):
        if (judgement.waived.lapsed == number).any():
            yield Note(
                level="warning",
                text=f"A waiver by {waiver.owner} ({waiver.orig} to {waiver.resp}, {waiver.service}) had lapsed on "
                f"{waiver.expires}; it excuses nothing after that day.",
            )


def about_watch(ports: Collection[int]) -> Iterator[Note]:
    """Ports that rows ask for and that nobody watched while the captures were read."""
    if ports:
        told = f"UDP port{'s' * (len(ports) > 1)} {', '.join(map(str, sorted(ports)))}"
        yield Note(
            level="warning",
            text=f"The table in use watches {told}. The one by which the captures were "
            "read did not: only magic packets and the first frames of flows were kept for a closer look. Analyse the "
            "captures again to be sure.",
        )


def about_roles(judgement: Judgement, inferred: InferredProfile | None) -> Iterator[Note]:
    for warning in judgement.site.warnings:
        yield Note(level="warning", text=warning)
    if inferred is None:
        return
    server = inferred.profile.dpm_server
    found = f"{server.addresses[0]} was taken for the DPM Server" if server else "no host behaves like a DPM Server"
    yield Note(
        level="warning",
        text=f"No site profile was given: every role is inferred from the traffic itself ({found}). An intruder that "
        "behaves like a machine is taken for one; `dpm-analyzer site infer` drafts a profile to correct.",
    )
    if not inferred.profile.segments:
        yield Note(
            level="warning",
            text="No segment is known, so a directed broadcast (footnote *3) cannot be told from another address.",
        )


def about_dissection(judgement: Judgement) -> Note:
    """What was verified beyond headers, and what was not."""
    dissection = judgement.observations.dissection
    if dissection is None:
        return Note(
            level="info",
            text=f"{HEADERS_ALONE}: which application protocols were spoken and which programs were at work was not "
            "verified; of payloads only DHCP, TFTP and magic packets were read.",
        )
    frames, flows = len(dissection.observations), len(judgement.observations.by_flow)
    looked = f"tshark {dissection.version} looked into {frames} frames of {flows} flows"
    rest = "the application protocols of other flows, and which programs were at work, were not verified"
    if judgement.observations.left:
        more = judgement.observations.left
        left = f"{more} more frames, those that matter least, were beyond the budget (--dissect-frames)"
        rest = f"{left}; {rest}"
    if dissection.problem:
        return Note(level="warning", text=f"{dissection.problem.rstrip('.')}. {looked if frames else 'So'}: {rest}.")
    return Note(level="info", text=f"{looked if frames else NO_PAYLOAD}; {rest}.")


def looked_into(notes: Iterable[Note]) -> str:
    """What looked into payloads, by the note that ``about_dissection`` made."""
    for note in notes:
        if note.text.startswith(HEADERS_ALONE):
            return "headers alone"
        if found := LOOKED.search(note.text):
            return found[1]
        if note.text.startswith(NO_PAYLOAD):
            return "nothing to look into"
        if found := NOT_LOOKED.match(note.text):
            return found[1]
    return ""


def about_captures(judgement: Judgement) -> Iterator[Note]:
    evidence = judgement.evidence
    for text in evidence.unread:
        yield Note(level="warning", text=f"Left out: {text}.")
    yield from about_frames(evidence)
    if text := too_many(evidence):
        beyond = "What is called missing, or without an answer, may be among them."
        yield Note(level="warning", text=f"{text[:1].upper()}{text[1:]}. {beyond}")
    vantages = len(judgement.vantages)
    if vantages > 1:
        yield Note(
            level="info",
            text=f"The captures overlap in time: {vantages} vantages; a flow seen at several is counted once.",
        )


def about_tunnels(evidence: Evidence) -> Iterator[Note]:
    """Flows that were seen inside tunnels, and magic packets that are in none."""
    kinds = evidence.table.tunnels
    words = sorted({word for kind in np.unique(kinds).tolist() for word in tunnel_names(kind)})
    if words:
        count = int((kinds > 0).sum())
        yield Note(
            level="info",
            text=f"{count} flow{'s were' if count > 1 else ' was'} seen inside tunnels ({', '.join(words)}); --outer "
            "judges those between the tunnels' ends instead.",
        )
    woken = sum(capture.asides.get(Aside.WAKE, 0) for capture in evidence.captures)
    if woken:
        yield Note(
            level="warning",
            text=f"{woken} magic packet{'s' * (woken > 1)} came straight over Ethernet, not over UDP as the table has "
            f"it: {'they are' if woken > 1 else 'it is'} in no flow and {'were' if woken > 1 else 'was'} not judged.",
        )


def about_boots6(judgement: Judgement) -> Iterator[Note]:
    """Network boots over IPv6: recognised, and not followed."""
    if count := len(judgement.boots6):
        yield Note(
            level="warning",
            text=f"{count} DHCPv6 message{'s belong' if count > 1 else ' belongs'} to network boots over IPv6. The "
            "table has no row for them: they are called unexpected, and such boots are not followed.",
        )


def about_quality(capture: CaptureFacts) -> Iterator[Note]:
    """What a capture could not show, by its own account."""
    if capture.dropped:
        what = "1 packet was" if capture.dropped == 1 else f"{capture.dropped} packets were"
        yield Note(
            level="warning",
            text=f"{what} dropped while {capture.name} was taken, by its own count: what is missing in it may have "
            "been sent.",
        )
    for text in capture.filters:
        yield Note(
            level="warning",
            text=f"{capture.name} was taken with the capture filter {text!r}: what the filter left out is not in it.",
        )
    if capture.step_back >= CLOCK_STEP:
        yield Note(
            level="warning",
            text=f"The clock of {capture.name} went back, by {capture.step_back / 1e9:.3f} s at most: durations and "
            "the order of events are doubtful.",
        )
    if capture.undated:
        yield Note(
            level="warning",
            text=f"{capture.name} holds {capture.undated} frame{'s' * (capture.undated > 1)} without a time stamp.",
        )


def about_frames(evidence: Evidence) -> Iterator[Note]:
    for capture in evidence.captures:
        for text in capture.damage:
            yield Note(level="warning", text=f"{capture.name} is damaged: {text}.")
        yield from about_quality(capture)
        if capture.duplicates:
            yield Note(
                level="info",
                text=f"{capture.name} holds {capture.duplicates} copies of frames captured just before: they count as "
                "packets, and not as retransmissions, requests or flows.",
            )
        if not capture.frames:
            yield Note(level="warning", text=f"{capture.name} holds no frame.")
    lost: Counter[Aside] = Counter()
    for capture in evidence.captures:
        lost.update({reason: count for reason, count in capture.asides.items() if reason in UNREAD})
    if told := ", ".join(f"{count} {reason.word}" for reason, count in sorted(lost.items()) if count):
        yield Note(level="warning", text=f"Frames that were not read: {told}.")
    if evidence.marks_dropped:
        yield Note(
            level="warning",
            text=f"{evidence.marks_dropped} DHCP and TFTP frames were beyond what is kept; boots may lack stages.",
        )
