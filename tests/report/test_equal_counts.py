"""Equal counts of findings are one object, in the document that is made and in the one that is read."""

from analyzer.report.equal_counts import as_one_object, checked_once
from tests.reports import lab


def test_equal_counts_are_one_object_and_keep_their_places() -> None:
    counts = as_one_object([{"refused": 1}, {"refused": 2}, {"refused": 1}, {}, {"refused": 1, "reset": 1}])
    assert counts == ({"refused": 1}, {"refused": 2}, {"refused": 1}, {}, {"refused": 1, "reset": 1})
    assert counts[0] is counts[2]


def test_a_document_holds_equal_counts_once() -> None:
    report = lab()
    equal = tuple({"refused": 1} for _ in range(len(report.findings)))
    meta = type(report.meta).model_validate(report.meta.model_dump() | {"outcomes": equal})
    assert len(meta.outcomes) == len(report.findings) > 1
    assert len({id(one) for one in meta.outcomes}) == 1


def test_counts_that_are_one_object_are_checked_once() -> None:
    one, other = {"refused": 1}, {"reset": 2}
    seen: list[object] = []

    def check(counts: tuple[dict[str, int], ...]) -> tuple[dict[str, int], ...]:
        seen.extend(counts)
        return tuple(dict(each) for each in counts)

    assert checked_once((one, other, one, one), check) == (one, other, one, one)
    assert len(seen) == 2
    assert checked_once([one, one], check) == (one, one)
