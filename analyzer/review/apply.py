"""The decisions of a review workbook into a site profile: waivers, and attestations."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import AnalyzerError, SiteError
from analyzer.review.decided import DecisionLine
from analyzer.review.reading import Review, read_review
from analyzer.review.words import FINDINGS, ROWS, Decision
from analyzer.site import Attestation, Profile, Waiver
from analyzer.site.loading import read_profile, site_in
from analyzer.values import Reason
from analyzer.yaml_source.appending import Entry, with_entries

DYNAMIC = 49_152
"""The first port that no service is registered for."""
UNSPECIFIED = frozenset({"0.0.0.0", "::"})
"""The addresses of machines that have none yet."""


@dataclass(frozen=True)
class Applied:
    """``octets``: of the new profile. ``waivers``, ``attestations``: how many it has more; ``known``: decisions that
    the profile had already; ``decisions``: decision -> how many; ``undecided``: lines without one; ``notes``: sentences
    for the reviewer."""

    octets: bytes
    waivers: int
    attestations: int
    known: int
    decisions: Counter[str]
    undecided: int
    notes: tuple[str, ...]


def apply_review(workbook: Path, profile: Path) -> Applied:
    """The profile with the decisions of the workbook added at the end of its lists; nothing else of it changes.

    Raises:
        AnalyzerError: the workbook cannot be read, has mistakes or no decision, or its decisions cannot be added.
        SiteError: the profile is wrong.
    """
    octets, document = read_profile(profile)
    site = site_in(document, profile.name)
    review = read_review(workbook)
    if not any(review.lines.values()):
        raise AnalyzerError(f"{workbook.name}: there is no decision in it: choose one in the column decision")
    old = site.profile
    waivers = [one for one in waivers_of(review) if Waiver.model_validate(one) not in old.waivers]
    attestations = [one for one in attestations_of(review) if Attestation.model_validate(one) not in old.attestations]
    known = len([*waivers_of(review), *attestations_of(review)]) - len(waivers) - len(attestations)
    new = added(octets, old, profile.name, waivers, attestations)
    decisions = Counter(line.decision for lines in review.lines.values() for line in lines)
    notes = tuple(notes_of(review, document.sha256, profile.name))
    return Applied(new, len(waivers), len(attestations), known, decisions, review.undecided, notes)


def waivers_of(review: Review) -> list[dict[str, Any]]:
    """The waivers of accepted findings, each once."""
    accepted = (line for line in review.lines[FINDINGS] if line.decision == Decision.ACCEPT)
    return list({tuple(one.items()): one for one in map(waiver_of, accepted)}.values())


def waiver_of(line: DecisionLine) -> dict[str, Any]:
    orig, resp, service = line.terms
    made = {"orig": orig, "resp": resp, "service": service, "reason": line.because, "owner": line.owner}
    return made | {"expires": line.expires} | ({"ticket": line.ticket} if line.ticket else {})


def attestations_of(review: Review) -> list[dict[str, Any]]:
    """The attestations of attested lines, each once."""
    attested = (line for line in review.lines[ROWS] if line.decision == Decision.ATTEST)
    return list({tuple(one.items()): one for one in map(attestation_of, attested)}.values())


def attestation_of(line: DecisionLine) -> dict[str, Any]:
    rule, machine = line.depends["rule"], line.depends["machine"]
    target = {"rule": rule, "machine": machine} if rule else {"item": line.depends["item"]}
    made = {name: value for name, value in target.items() if value}
    made |= {"owner": line.owner, "evidence": line.because, "expires": line.expires}
    return made | ({"ticket": line.ticket} if line.ticket else {})


def added(octets: bytes, old: Profile, name: str, waivers: Sequence[Entry], attestations: Sequence[Entry]) -> bytes:
    """The file with these entries. What it says then is compared with what it has to say.

    Raises:
        AnalyzerError: it says something else: the entries have to be added by hand. Or an entry does not fit this
            profile, as one of a machine that it does not have.
    """
    lists = {"waivers": waivers, "attestations": attestations}
    marked = octets.startswith(b"\xef\xbb\xbf")
    text = octets.decode("utf-8-sig")
    try:
        for key, entries in lists.items():
            text = with_entries(text, key, entries) if entries else text
        new = text.encode("utf-8-sig" if marked else "utf-8")
        _, document = read_profile(Path(name), new)
    except (SiteError, ValueError) as error:
        raise by_hand(name, lists) from error
    try:
        profile = site_in(document, name).profile
    except SiteError as error:
        raise AnalyzerError(f"the decisions do not fit {name}; with them it would be wrong:", *error.lines) from error
    wanted = old.model_copy(
        update={
            "waivers": (*old.waivers, *map(Waiver.model_validate, waivers)),
            "attestations": (*old.attestations, *map(Attestation.model_validate, attestations)),
        }
    )
    if profile != wanted:
        raise by_hand(name, lists)
    return new


def by_hand(name: str, lists: Mapping[str, Sequence[Entry]]) -> AnalyzerError:
    """The error where a file is written in a way that entries cannot be added to."""
    lines = "".join(with_entries("a: b\n", key, entries)[5:] for key, entries in lists.items() if entries)
    return AnalyzerError(
        f"{name}: the decisions cannot be added to a profile that is written like this. Add these lines to its lists:",
        *lines.splitlines(),
    )


def notes_of(review: Review, sha256: str, name: str) -> Iterator[str]:
    """What the reviewer should know of the new profile."""
    if review.site_sha256 and review.site_sha256 != sha256:
        yield f"{name} is not the profile that the report was judged by, or was changed since: check the new one"
    for line in review.lines[FINDINGS]:
        if line.decision == Decision.ACCEPT:
            yield from (f"sheet {FINDINGS}, row {line.number}: {note}" for note in waiver_notes(line))


def waiver_notes(line: DecisionLine) -> Iterator[str]:
    """Where the waiver of a line fits less, or more, than the finding."""
    orig, resp, service = line.terms
    protocol, _, port = service.partition("/")
    # The nearest row of any other finding states the port: it stays the same.
    no_row = line.verdict_reason in (Reason.NO_ROW, "")
    if no_row and protocol in ("tcp", "udp") and port.isdigit() and int(port) >= DYNAMIC:
        yield f"port {port} is dynamic; if it changes in the next capture, the waiver does not fit"
    for address in UNSPECIFIED.intersection((orig, resp)):
        yield f"{address} is the address of every machine that boots: the waiver excuses {service} of all of them"
