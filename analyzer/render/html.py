"""report.html: one file, offline, without script; whatever it shows of a capture is text.

The policy in its head allows its own style sheet, by hash, and nothing else. Every expression of the templates is
escaped by autoescape and made visible by ``_shown``.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer import charts
from analyzer.palette import BOOTS, DARK, LIGHT, STATUSES, VERDICTS, Mark, Paper, mark
from analyzer.render import view
from analyzer.render.escape import anchor, clip
from analyzer.report import Report

LIMITS = {
    **{"findings": 200, "flows": 500, "boots": 200, "captures": 200, "hosts": 500},
    **{"rows": 100, "states": 20, "machines": 24, "waivers": 200},
}
"""The most that the page shows of each; the tables beside it hold everything."""
LONGEST = 600
"""Characters of a single value."""

_MARKS = {mark.word: mark for mark in (*VERDICTS, *STATUSES, *BOOTS)}
_SVG_STYLE = re.compile(r'style="([^"]*)"')
_SVG_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|\A.*?(?=<svg)", re.DOTALL)
_SVG_TAG = re.compile(r"<[^>]*>")
_SVG_COLOUR = re.compile(r'(?<=")(#[0-9a-f]{6})(?=")')
_SVG_ID = re.compile(r'( id="|url\(#|href="#)')


def files(report: Report, pictures: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """``report.html``, UTF-8. ``pictures``: the charts by file name where they are drawn already."""
    return {"report.html": text(report, charts.files(report) if pictures is None else pictures).encode()}


def text(report: Report, pictures: Mapping[str, bytes]) -> str:
    """The page. ``pictures``: at least the SVG of each chart, by its name in the report folder."""
    page = Environment(
        loader=PackageLoader("analyzer.render"), autoescape=True, finalize=_shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page.filters |= {"moment": view.moment, "size": view.size, "instant": view.instant, "lasted": view.lasted}
    page.filters |= {"quality": view.quality}
    style = _style(page)
    drawn = {
        chart.name: _inline(pictures[f"charts/{chart.name}.svg"], chart.name, chart.tells) for chart in charts.CHARTS
    }
    shown = _shown_of(report)
    return page.get_template("report.html").render(
        **shown, report=report, meta=report.meta, limits=LIMITS, charts=drawn, mark=mark, anchor=anchor,
        verdicts=VERDICTS, statuses=STATUSES, missing=view.missing(report), stalled=view.stalled(report),
        style=style, policy=_policy(style),
    )  # fmt: skip


def _shown_of(report: Report) -> dict[str, Any]:
    findings = view.findings(report, LIMITS["findings"])
    flows = view.flows(report, LIMITS["flows"], [found.row["example_flow"] for found in findings])
    rows = view.rows(report)
    return {
        "findings": findings,
        "flows": flows,
        "linked": {flow["flow"] for flow in flows},
        "rows": rows,
        "judged": {row.rule for row in rows[: LIMITS["rows"]]},
        "boots": view.boots(report, LIMITS["boots"]),
    }


def _shown(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return clip(value, LONGEST)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def _style(page: Environment) -> Markup:
    light, dark = _variables(LIGHT, "light"), _variables(DARK, "dark")
    sheet = page.get_template("style.css").render(light=Markup(light), dark=Markup(dark), marks=_MARKS.values())
    return Markup(sheet)


def _variables(paper: Paper, side: str) -> str:
    neutral = {name: getattr(paper, name) for name in Paper.__dataclass_fields__}
    colours = neutral | {look.word: getattr(look, side) for look in _MARKS.values()}
    return "".join(f"--{name}: {colour}; " for name, colour in colours.items())


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _inline(svg: bytes, name: str, tells: str) -> Markup:
    """The chart as a part of the page: its identifiers its own, its colours the page's, no style that a policy bars."""
    colours = _colours()

    def tag(found: re.Match[str]) -> str:
        fitted = _SVG_STYLE.sub(_attributes, found[0].replace("xlink:href", "href"))
        fitted = _SVG_ID.sub(rf"\g<1>{name}-", fitted)
        return _SVG_COLOUR.sub(lambda colour: colours.get(colour[1], colour[1]), fitted)

    drawing = _SVG_TAG.sub(tag, _SVG_LEFT_OUT.sub("", svg.decode()))
    label = Markup('<svg role="img" aria-label="{}" ').format(tells)
    return Markup(drawing.replace("<svg ", label, 1))


def _attributes(style: re.Match[str]) -> str:
    pairs = (pair.split(":", 1) for pair in style[1].split(";") if ":" in pair)
    return " ".join(f'{key.strip()}="{value.strip()}"' for key, value in pairs if key.strip() != "font-family")


def _colours() -> dict[str, str]:
    looks: dict[str, Mark] = {look.light: look for look in reversed(_MARKS.values())}
    papers = {getattr(LIGHT, name): name for name in Paper.__dataclass_fields__}
    names = papers | {colour: look.word for colour, look in looks.items()}
    return {colour: f"var(--{name})" for colour, name in names.items()}
