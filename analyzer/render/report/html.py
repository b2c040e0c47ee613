"""report.html: one file that needs no network. Text from captures is never markup.

The policy in its head allows its own style sheet and its own script, by hash, and nothing else. Every expression of
the templates is escaped by autoescape and made visible by ``page_parts.shown``. The script sorts, filters and opens
what is there already: without it, the page is complete.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup, escape

from analyzer import glossary
from analyzer.messages.english import sentence
from analyzer.palette import BOOTS, LIGHT, STATUSES, VERDICTS, Mark, Paper, mark
from analyzer.render.shared import layout, summary
from analyzer.render.shared import page_model as view
from analyzer.render.shared.arrangement import Arrangement
from analyzer.render.shared.chart_process import FONT_REMEDY, Drawing, Drawings
from analyzer.render.shared.commands import explain_flow, next_commands
from analyzer.render.shared.escape import anchor, clip
from analyzer.render.shared.groups import MOST, MOST_MEMBERS, Grouped, grouped
from analyzer.render.shared.next_steps import boot_flow, unseen_rows
from analyzer.render.shared.page_parts import MARKS, page_environment, policy_of, script_of, shown, style_of
from analyzer.render.shared.render_input import RenderInput
from analyzer.render.shared.unknown_hosts import unknown_hosts
from analyzer.report import Report
from analyzer.report.advice import advice_of, boot_advice
from analyzer.report.danger import DANGERS
from analyzer.units import size
from analyzer.values import BootStatus

LIMITS = {
    **{
        "findings": MOST,
        "members": MOST_MEMBERS,
        "flows": 1000,
        "boots": 400,
        "ladders": 40,
        "captures": 200,
        "hosts": 500,
    },
    **{"rows": 100, "states": 20, "machines": 24, "matrix": 300, "waivers": 200, "events": 150, "notes": 40},
    **{"not_covered": 200, "answers": 50},
}
"""The most that the page shows of each; the tables of the report contain everything."""
FIXED = {"few_boots": 3, "few_ladders": 10, "few_machines": 40, "printed": 150}
"""``few_boots``, ``few_machines``: up to so many, boots need no table beside their ladders, and machines no chart
beside their table. ``few_ladders``: of complete boots. ``printed``: flows that are printed."""
SCREEN = Arrangement("report.html", ("style.css",), "script.js", LIMITS)
LARGEST = 4_500_000
"""Bytes of the page; a larger page is made again with half of each limit."""
LARGEST_CHART = 400_000
"""Bytes of a chart up to which it is drawn inside the page."""

_CODE = re.compile(r"`([a-z][a-z0-9 .-]{0,63})`")
"""A word in backticks, of an escaped text."""
_SVG_STYLE = re.compile(r'style="([^"]*)"')
_SVG_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|\A.*?(?=<svg)", re.DOTALL)
_SVG_TAG = re.compile(r"<[^>]*>")
_SVG_COLOUR = re.compile(r'(?<=")(#[0-9a-f]{6})(?=")')
_SVG_ID = re.compile(r'( id="|url\(#|href="#)')


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.html``, UTF-8."""
    return {"report.html": text(given.report, given.drawings).encode()}


def text(report: Report, drawings: Drawings, arrangement: Arrangement | None = None) -> str:
    """The page; by default for a screen."""
    arranged = arrangement or SCREEN
    page = page_environment()
    page.filters |= {
        "moment": partial(view.moment, timezone=report.meta.timezone),
        "size": size,
        "instant": view.instant,
        "lasted": view.lasted,
    }
    page.filters |= {
        "quality": view.quality,
        "where_frames_went": view.where_frames_went,
        "sentence": sentence,
        "code": _with_code,
    }
    for name in page.list_templates(["html"]):
        page.get_template(name)
    title = f"DPM port compliance: {clip(report.meta.site.name, 60)}"
    values = {**arranged.values, "timezone": report.meta.timezone}
    style = style_of(page, arranged.styles, layout.TABLES, title, values)
    script = script_of(page, arranged.script)
    limits = dict(arranged.limits)
    shown = _shown_of(report, limits)
    drawn = {chart.name: _chart(chart) for chart in drawings.charts if not chart.empty}
    constants = {**_constants(drawn), "charts": drawn, "font_remedy": FONT_REMEDY}
    constants |= {
        "advice": advice_of,
        "boot_advice": boot_advice,
        "explain_flow": explain_flow,
        "commands": next_commands,
        "dangers": DANGERS,
        "host": view.host_text,
    }
    constants |= {"style": style, "script": script, "policy": policy_of(style, script), **arranged.values}
    while True:
        made = page.get_template(arranged.template).render(**constants, **shown)
        if len(made) < LARGEST or max(limits.values()) == 1:
            return made
        limits = {name: max(limit // 2, 1) for name, limit in limits.items()}
        shown = _shown_of(report, limits)


def _constants(charts: Iterable[str]) -> dict[str, Any]:
    places: dict[str, list[str]] = {name: [] for name in ("traffic", *layout.PLACES.values())}
    for chart in charts:
        places[layout.PLACES.get(chart, "traffic")].append(chart)
    return {
        **{"tables": layout.TABLES, "reasons": glossary.REASONS, "outcomes": glossary.OUTCOMES, "places": places},
        "evidence": glossary.EVIDENCE,
        **{"verdicts": VERDICTS, "statuses": STATUSES, "boot_words": BOOTS, "mark": mark, "anchor": anchor},
    }


def _shown_of(report: Report, limits: Mapping[str, int]) -> dict[str, Any]:
    """Everything that the templates show of a document."""
    groups = grouped(report, limits["findings"], limits["members"])
    boots = view.boots(report, limits["boots"])
    members = [one["example_flow"] for group in groups.groups for one in group.members]
    flows = view.flows(report, limits["flows"], [group.lead["example_flow"] for group in groups.groups])
    rows = view.rows(report)
    by_status = report.boots["status"].value_counts()
    shown = {flow["flow"] for flow in flows}
    return {
        **{"report": report, "meta": report.meta, "span": summary.span(report)},
        "limits": {**limits, **FIXED, "ladders": _ladders(boots, limits["ladders"])},
        **{"grouped": groups, "kinds": _kinds(groups), "flows": flows, "boots": boots, "rows": rows},
        "linked": shown & {*members, *(group.lead["example_flow"] for group in groups.groups)},
        "judged": {row.rule for row in rows[: limits["rows"]]},
        "executables": view.executables(report)[: limits["rows"]],
        "matrix": summary.matrix(report, limits["matrix"]),
        "facts": list(summary.sure(report)),
        "pointers": summary.first_to_read(groups.groups, boots),
        "steps": [*unseen_rows(report)],
        "boot_flows": {
            boot.number: boot_flow(report, boot.row) for boot in boots if boot.row["status"] == BootStatus.STALLED
        },
        "events": summary.events(report, groups.groups, boots, limits["events"]),
        "rows_by_status": summary.statuses(report) if len(report.rows) else {},
        "boots_by_status": {look.word: int(by_status.get(look.word, 0)) for look in BOOTS} if len(boots) else {},
        "waivers": sorted(report.meta.waivers[: limits["waivers"]], key=lambda waiver: waiver.state == "unused"),
        "attestations": sorted(report.meta.attestations[: limits["waivers"]], key=lambda one: one.state == "unused"),
        **{"unknown": unknown_hosts(report), "missing": view.missing(report), "stalled": view.stalled(report)},
    }


def _ladders(boots: list[view.Boot], limit: int) -> int:
    """How many boots are drawn as ladders: all that did not complete, and some of the complete ones."""
    short = len([boot for boot in boots if boot.row["status"] != BootStatus.COMPLETE])
    return min(max(short, FIXED["few_ladders"]), limit)


def _kinds(groups: Grouped) -> list[tuple[dict[str, str], list[Any]]]:
    """The groups under their headings; groups without a heading come last."""
    known = {(verdict, stopped) for verdict, stopped, _, _ in layout.KINDS}
    kinds = []
    for verdict, stopped, title, meaning in layout.KINDS:
        own = [group for group in groups.groups if (group.lead["verdict"], group.stopped) == (verdict, stopped)]
        name = f"{verdict}{'-stopped' if stopped else ''}"
        kinds.append(({"name": name, "title": title, "meaning": meaning}, own))
    rest = [group for group in groups.groups if (group.lead["verdict"], group.stopped) not in known]
    kinds.append(({"name": "others", "title": "Others", "meaning": ""}, rest))
    return [kind for kind in kinds if kind[1]]


def _with_code(text: str) -> Markup:
    """A sentence, escaped, with its words in backticks (rows, commands) as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(shown(text)))))


def _chart(chart: Drawing) -> dict[str, Any]:
    """A chart for the templates; without its drawing if that is too large."""
    drawing = _inline(chart.svg, chart.name, chart.alt_text) if len(chart.svg) <= LARGEST_CHART else None
    return {"title": chart.title, "description": chart.description, "drawing": drawing, "missing": chart.missing}


def _inline(svg: bytes, name: str, alt_text: str) -> Markup:
    """The chart as a part of the page: with unique identifiers, with the page's colours, and without inline styles."""
    colours = _colours()

    def tag(found: re.Match[str]) -> str:
        fitted = _SVG_STYLE.sub(_attributes, found[0].replace("xlink:href", "href"))
        fitted = _SVG_ID.sub(rf"\g<1>{name}-", fitted)
        return _SVG_COLOUR.sub(lambda colour: colours.get(colour[1], colour[1]), fitted)

    drawing = _SVG_TAG.sub(tag, _SVG_LEFT_OUT.sub("", svg.decode()))
    label = Markup('<svg role="img" aria-label="{}" ').format(alt_text)
    return Markup(drawing.replace("<svg ", label, 1))


def _attributes(style: re.Match[str]) -> str:
    pairs = (pair.split(":", 1) for pair in style[1].split(";") if ":" in pair)
    return " ".join(f'{key.strip()}="{value.strip()}"' for key, value in pairs if key.strip() != "font-family")


def _colours() -> dict[str, str]:
    marks: dict[str, Mark] = {one.light: one for one in reversed(MARKS.values())}
    papers = {getattr(LIGHT, name): name for name in Paper.__dataclass_fields__}
    names = papers | {colour: one.word for colour, one in marks.items()}
    return {colour: f"var(--{name})" for colour, name in names.items()}
