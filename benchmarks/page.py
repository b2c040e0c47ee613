"""The numbers in ``docs/performance.md``: between marks that stay, so that a measurement replaces them and no prose."""

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.charts import CHARTS, draw
from benchmarks.results import Measured, Results, figures, steps, subjects
from benchmarks.targets import targets

PAGE = "performance.md"
_MARK = "<!-- benchmarks: {} -->"
_END = "<!-- benchmarks end -->"


def write(docs: Path, results: Results, model: Path) -> None:
    """Write the page and its charts into ``docs``; ``model``: where the prose is taken from.

    Raises:
        ValueError: a part has no place in the prose.
    """
    text = model.read_text(encoding="utf-8")
    for name, part in parts(results).items():
        place = re.compile(f"({re.escape(_MARK.format(name))}\n).*?({re.escape(_END)})", re.DOTALL)
        if not place.search(text):
            raise ValueError(f"{model.name} has no place for {name!r}")
        text = place.sub(lambda match, part=part: f"{match[1]}\n{part}\n\n{match[2]}", text)  # type: ignore[misc]  # mypy: a lambda's default
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    draw(images, results)
    (docs / PAGE).write_text(text, encoding="utf-8")


def parts(results: Results) -> dict[str, str]:
    """Every generated part by name; what was not measured is marked."""
    made = {
        "machine": (_machine, "machine"),
        "targets": (_targets, "machine"),
        "peers": (_peers, "compare"),
        "roofline": (_roofline, "compare"),
        "growth": (_growth, "growth"),
    }
    return {name: part(results) if needed in results else "Not measured yet." for name, (part, needed) in made.items()}


def _chart(name: str) -> str:
    return f"![{CHARTS[name]}](images/performance-{name}.svg)"


def _table(head: str, lines: Iterable[Iterable[str]]) -> str:
    """``head``: the columns' names, those of numbers with a trailing colon."""
    names = [name.strip() for name in head.split("|")]
    rows = [
        [name.rstrip(":") for name in names],
        ["---:" if name.endswith(":") else "---" for name in names],
        *([cell.replace("|", "\\|") for cell in line] for line in lines),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _machine(results: Results) -> str:
    it = results["machine"]
    lines = [
        f"{it['processor']}, {it['cores']} cores, {it['memory']} of memory, {it['system']}; "
        f"Python {it['python']}, {it['libraries']}."
    ]
    if "compare" in results:
        made = results["compare"]["capture"]
        lines.append(
            f"The capture: {made['packets']:,} packets, {made['octets']:,} octets, {made['flows']:,} flows, of which "
            f"{min(made['alive'], made['flows']):,} are under way at any time; {made['boots']} PXE boots; seed "
            f"{made['seed']}."
        )
    return "\n".join(lines)


def _targets(results: Results) -> str:
    answers = {True: "met", False: "**not met**", None: "—"}
    return _table(
        "what | target | measured | ",
        ([line.what, line.target, line.measured, answers[line.met]] for line in targets(results)),
    )


def _peers(results: Results) -> str:
    found = subjects(results)
    ours = found.get("table1")
    base = ours.seconds if ours and ours.runs else None
    lines = [_peer(measured, base, results.get("versions", {})) for measured in found.values() if _is_peer(measured)]
    head = "what | packets: | flows: | seconds: | least to most (runs): | CPU seconds: | peak MB: | times: "
    table = _table(head, lines)
    return "\n\n".join(filter(None, [_chart("peers"), table, _smaller(found)]))


def _is_peer(measured: Measured) -> bool:
    return measured.subject["group"] == "peer" or measured.subject["name"] in {
        "table1",
        "table2",
        "pair",
        "hashed1",
        "hashed2",
        "flows",
        "analyze",
    }


def _peer(measured: Measured, base: float | None, versions: dict[str, str]) -> list[str]:
    subject = measured.subject
    what = subject["what"] if subject["group"] == "peer" else f"**{subject['what']}**"
    if made := versions.get(subject["name"].rstrip("1")):
        what += f" ({made})" if made != "—" else ""
    if measured.error:
        return [what, "", "", measured.error, "", "", "", ""]
    read, flows = measured.count("packets") or subject["packets"], measured.count("flows")
    return [
        what + (" ‡" if measured.scale != 1 else ""),
        f"{read:,}",
        f"{flows:,}" if flows else "—",
        figures(measured.seconds),
        spread(measured),
        figures(measured.cpu) if measured.scale == 1 else "",
        f"{measured.memory / 1e6:,.0f}",
        figures(measured.seconds / base) if base and subject["group"] == "peer" else "",
    ]


def spread(measured: Measured) -> str:
    """The least and the most of the runs, and how many there were."""
    return f"{figures(min(measured.every))} to {figures(max(measured.every))} ({len(measured.runs)})"


def _smaller(found: dict[str, Measured]) -> str:
    lines = [
        [
            measured.subject["what"],
            figures(measured.seconds),
            spread(measured),
            figures(measured.cpu),
            f"{measured.memory / 1e6:,.0f}",
        ]
        for name in (
            "scanned",
            "nfpcapd-scan",
            "flows-many",
            "analyze-many",
            "lab",
            "lab1",
            "ek",
            "first",
            "second",
            "many",
            "help",
        )
        if (measured := found.get(name)) and measured.runs
    ]
    return _table("what | seconds: | least to most (runs): | CPU seconds: | peak MB: ", lines) if lines else ""


def _roofline(results: Results) -> str:
    found = subjects(results)
    read = found.get("read")
    lines = [
        [
            measured.subject["what"] if measured.subject["group"] == "plain" else f"**{measured.subject['what']}**",
            figures(measured.subject["octets"] / 1e6),
            figures(measured.seconds),
            spread(measured),
            figures(measured.speed / 1e9),
            f"{measured.speed / read.speed:.1%}" if read and read.runs else "",
        ]
        for name in ROOFLINE
        if (measured := found.get(name)) and measured.runs
    ]
    table = _table("what | MB: | seconds: | least to most (runs): | GB a second: | of a plain read: ", lines)
    return f"{_chart('roofline')}\n\n{table}"


ROOFLINE = (
    "read",
    "hash",
    "places2",
    "places1",
    "hashed2",
    "hashed1",
    "table2",
    "table1",
    "flows",
    "analyze",
    "cat",
    "pipe",
    "part",
    "unzstd",
    "zstd",
    "gunzip",
    "gzip",
)
"""What is compared octet by octet, in this order."""

_SERIES = {
    "packets": "Packets",
    "flows": "Flows, of one packet each",
    "alive": "Flows under way at once",
    "long": "The same flows, ten times the packets",
}


def _growth(results: Results) -> str:
    lines = [
        [
            title,
            f"{step.subject['packets']:,}",
            f"{step.subject['flows']:,}",
            f"{min(step.subject['alive'], step.subject['flows']):,}",
            f"{step.subject['octets'] / 1e6:,.1f}",
            figures(step.seconds),
            spread(step),
            figures(step.seconds / step.subject["packets"] * 1e9),
            f"{step.memory / 1e6:,.0f}",
        ]
        for series, title in _SERIES.items()
        for step in steps(results, series)
    ]
    broken = [
        f"{_SERIES[step['series']]}, {step['packets']:,} packets and {step['flows']:,} flows: {Measured(step).error}."
        for step in results.get("growth", {}).get("steps", [])
        if Measured(step).error
    ]
    head = "series | packets: | flows: | at once: | MB: | seconds: | least to most (runs): | ns a packet: | peak MB: "
    return "\n\n".join([_chart("growth"), _table(head, lines), *broken])
