"""A picture of each printed row, cut out of the guide by the process that reads foreign files."""

from collections.abc import Sequence
from pathlib import Path

from analyzer.guide import limits
from analyzer.guide.process import GuideError, open_guide, run
from analyzer.guide.tables import Box, around
from analyzer.rules.draft import Draft, DraftRule

Pictures = dict[tuple[int, int], str]
"""Row and page -> PNG in base64."""


def pictures_of(draft: Draft, guide: Path) -> tuple[Pictures, str]:
    """The pictures, and a sentence where there are none, or not all.

    The SHA-256 of the file ``guide`` has to be the draft's.
    """
    if draft.guide.kind != "pdf":
        return {}, "This guide is not a PDF: the lines that were read are shown instead of pictures."
    try:
        file = open_guide(guide)
    except GuideError as error:
        return {}, f"No pictures: {error}. Give the file of the guide with --guide."
    if file.sha256 != draft.guide.sha256:
        return (
            {},
            (
                f"No pictures: {guide.name} is not the file that was read (its SHA-256 differs). Give the file of the "
                "guide with --guide."
            ),
        )
    wanted = [
        (rule, page, box)
        for rule in _first_of_rows(draft)
        for page, box in _boxes(rule).items()
        if page in draft.guide.places
    ]
    asked = wanted[: limits.MAX_PICTURES]
    crops = [
        {"place": draft.guide.places[page][0], "rotated": draft.guide.places[page][1], "box": box}
        for _, page, box in asked
    ]
    try:
        made = run(file, {"do": "pictures", "crops": crops}, limits.SECONDS)["pictures"]
    except (GuideError, KeyError) as error:
        return {}, f"No pictures: {error}."
    pictures = {(rule.row, page): str(one) for (rule, page, _), one in zip(asked, made, strict=False) if one}
    return pictures, _fewer(wanted, asked)


def _fewer(wanted: Sequence[object], asked: Sequence[object]) -> str:
    """A sentence where there are more pictures than are made."""
    if len(wanted) == len(asked):
        return ""
    return f"Only the first {len(asked)} of {len(wanted)} pictures were made: compare the other rows with the guide."


def _first_of_rows(draft: Draft) -> list[DraftRule]:
    found: dict[int, DraftRule] = {}
    for rule in draft.rules:
        found.setdefault(rule.row, rule)
    return list(found.values())


def _boxes(rule: DraftRule) -> dict[int, Box]:
    """For each page, the box that holds what was read of the row there."""
    boxes: dict[int, list[Box]] = {}
    for one in rule.read.values():
        if one.box is not None:
            boxes.setdefault(one.page, []).append(one.box)
    return {page: around(each) for page, each in boxes.items()}
