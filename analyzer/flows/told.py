"""What the captures of a run could not give, in sentences."""

from collections.abc import Iterator

from analyzer.flows.evidence import Evidence


def losses(evidence: Evidence) -> Iterator[str]:
    """A line for everything that was left out, dropped, damaged or too much, captures in their order."""
    for text in evidence.unread:
        yield f"left out: {text}"
    for capture in evidence.captures:
        if capture.dropped:
            yield f"{capture.name}: {capture.dropped} packets were dropped while it was taken"
        for text in capture.damage:
            yield f"{capture.name}: {text}"
    if text := too_many(evidence):
        yield text


def too_many(evidence: Evidence) -> str:
    """The sentence that tells of frames beyond the limit of flows; nothing where there were none."""
    frames = sum(capture.beyond for capture in evidence.captures)
    if not frames:
        return ""
    what = "1 frame of a later one was" if frames == 1 else f"{frames} frames of later ones were"
    return (
        f"the first {evidence.options.max_flows} flows were kept, and {what} set aside; --max-flows takes in more, "
        "where there is memory for them"
    )
