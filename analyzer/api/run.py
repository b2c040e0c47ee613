"""A run: what ``analyze`` and ``load`` give."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow

from analyzer import pipeline as api
from analyzer import render
from analyzer.api import tables
from analyzer.api.explanation import Explanation
from analyzer.compliance.budget import Budget
from analyzer.difference import Difference, difference
from analyzer.errors import AnalyzerError
from analyzer.explain.saved import explain_flow, explain_row
from analyzer.extract import Choice
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.output import prepare, write
from analyzer.progress import following
from analyzer.report import Report
from analyzer.rules import load_table
from analyzer.site import Site, Waiver, load_site, site_from, with_waivers

if TYPE_CHECKING:
    from analyzer.api.plot import Plot

Places = str | Path | Sequence[str | Path]
"""A file or folder, or several."""
Profile = str | Path | Mapping[str, Any]
"""A site profile: its file, or its content as a mapping."""
Waivers = Sequence[Mapping[str, Any] | Waiver]


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """An analysis, made by ``analyze`` or ``load``. It never changes: tables are copies, ``judge`` gives another run.

    ``report``: the whole document, which ``analyzer.render`` makes files of.
    """

    report: Report
    _captures: tuple[str, ...] = ()
    _inquiry: "api.Inquiry | None" = None

    @property
    def flows(self) -> pd.DataFrame:
        """The flow table, a line a flow, in time's order."""
        return self._tables["flows"].copy()

    @property
    def findings(self) -> pd.DataFrame:
        """What there is to report, most serious first: unexpected and blocked flows of a kind between the same two, and
        missing rows."""
        return self._tables["findings"].copy()

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the table, a line for each row and machine: was it exercised?"""
        return self._tables["rows"].copy()

    @property
    def boots(self) -> pd.DataFrame:
        """The attempts to boot over PXE, a line each."""
        return self._tables["boots"].copy()

    @property
    def captures(self) -> pd.DataFrame:
        """The captures that were analysed, a line each, in the order in which they were read."""
        return self._tables["captures"].copy()

    @property
    def plot(self) -> "Plot":
        """The charts: ``run.plot.timeline()`` and the others are matplotlib figures."""
        from analyzer.api.plot import Plot  # noqa: PLC0415 - the charts' library takes a while to import

        return Plot(self.report)

    def explain(self, flow: "str | pd.Series[Any]") -> Explanation:
        """Why a flow has its verdict: every row of the table considered, field by field.

        Args:
            flow: its identifier, a line of ``flows``, or a line of ``findings`` (its first flow).

        Raises:
            AnalyzerError: there is no such flow.
        """
        from analyzer.render.command import explain  # noqa: PLC0415 - loaded when it is first asked for, as all renderers

        told = explain_flow(self.report, flow_named(flow))
        # The flow and the row that it was judged by; below them every other row, and what would allow it.
        return Explanation(explain.text(told), shown=2)

    def explain_row(self, rule: "str | pd.Series[Any]", machine: str | None = None) -> Explanation:
        """What became of a row of the table, and what would satisfy it.

        Args:
            rule: its identifier, or a line of ``rows``, which says the machine, too.
            machine: for this managed machine alone.

        Raises:
            AnalyzerError: the table has no such row, or the row is not told for that machine.
        """
        from analyzer.render.command import explain  # noqa: PLC0415 - as above

        if not isinstance(rule, str):
            machine = machine or rule.get("machine") or None
            rule = str(rule["rule"])
        return Explanation(explain.row_text(explain_row(self.report, rule, machine)))

    def packets(
        self,
        flow: "str | pd.Series[Any]",
        captures: Places = (),
        *,
        first: int | None = 1000,
        seconds: float = 60.0,
        progress: bool | Progress = False,
    ) -> list[Any]:
        """The packets of a flow as pyshark has them, ICMP errors that quote one included.

        They are cut out of the captures, which are read again and have to be as they were, and dissected by tshark.
        They come capture by capture: of a flow that several vantages saw, as each of them saw it, which
        ``packet.frame_info.interface_id`` tells apart. It works inside a running event loop, too; tshark has ended
        when it returns, and the packets need no file any more.

        Args:
            flow: its identifier, a line of ``flows``, or a line of ``findings`` (all its flows).
            captures: files and folders that hold the captures; by default where they were analysed, or, of a run that
                was loaded, the current folder.
            first: how many at most; None: all. A warning says so where there are more.
            seconds: how long tshark may take.
            progress: as analyze() has it.

        Raises:
            AnalyzerError: there is no such flow or no tshark, or tshark failed or took too long.
            CaptureError: a capture is not there, or is not as it was.
        """
        from analyzer.api.packets import packets_of  # noqa: PLC0415 - nothing before it is needed

        places = placed(captures) or self._captures or (".",)
        choice = chosen(flow)
        with following(places, progress) as tell:
            return packets_of(self.report, choice, places, first=first, seconds=seconds, progress=tell)

    def judge(
        self,
        *,
        rules: Places | EllipsisType = ...,
        site: Profile | EllipsisType | None = ...,
        waivers: Waivers | EllipsisType = ...,
        expect: str | Sequence[str] | EllipsisType = ...,
    ) -> "Run":
        """Judge again, without reading the captures; what is not given stays as it was.

        The result is that of analyze() with the same arguments. What was dissected is not dissected again. Where the
        new rules ask for frames that were not kept, a note of the report says so.

        Args:
            rules: rule packs, or ids of shipped ones, beside the built-in table; () for that alone.
            site: the site profile, a file or a mapping; None: roles are inferred.
            waivers: take the place of the profile's: mappings with orig, resp, service, reason, owner and expires.
            expect: items or rule ids that the captures must show.

        Raises:
            AnalyzerError: the run was loaded, so that there is nothing to judge; or an item is unknown.
            SiteError, RulesError: the profile, a waiver or a pack is wrong; every mistake is told.
        """
        before = self._inquiry
        if before is None:
            raise AnalyzerError(
                "a loaded run has its verdicts and not what they were made from: analyse the captures again, and judge "
                "that run"
            )
        terms = before.terms
        if not isinstance(rules, EllipsisType):
            terms = replace(terms, rules=load_table(placed(rules)))
        if not isinstance(site, EllipsisType):
            terms = replace(terms, site=site_at(site), waivers=())
        if not isinstance(waivers, EllipsisType):
            terms = waived(terms, waivers)
        if not isinstance(expect, EllipsisType):
            terms = replace(terms, expect=worded(expect))
        return of(api.judge_again(before, terms), self._captures)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the report folder, as ``dpm-analyzer analyze`` does; the path of its page.

        Args:
            folder: where; it is made where it is missing.
            force: write into a folder that holds something.

        Raises:
            OutputError: the folder holds something, or cannot be written.
        """
        prepare(Path(folder), force=force)
        write(Path(folder), render.everything(self.report))
        # Arrow's own allocator keeps what it was given.
        pyarrow.default_memory_pool().release_unused()
        return Path(folder) / "report.html"

    def diff(self, other: "Run") -> Difference:
        """What is new, gone and changed between this run and another, whatever the ephemeral ports and times."""
        return difference(self.report, other.report)

    @cached_property
    def _tables(self) -> "tables.Tables":
        return tables.Tables(self.report)

    def __repr__(self) -> str:
        from analyzer.render.command import terminal  # noqa: PLC0415 - as above

        text = StringIO()
        terminal.show(self.report, "", terminal.console(text, width=100, color="never"))
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def _repr_html_(self) -> str:
        from analyzer.render import notebook  # noqa: PLC0415 - as above

        return notebook.text(self.report)


for _name in tables.COLUMNS:
    # Where docstrings are left out, so is this.
    vars(Run)[_name].__doc__ = (vars(Run)[_name].__doc__ or "") + f"\n\n        {tables.described(_name)}"


def analyze(  # noqa: PLR0913 - the command's twin: an argument for each option
    captures: Places,
    *,
    site: Profile | None = None,
    rules: Places = (),
    expect: str | Sequence[str] = (),
    dissect: bool = True,
    dissect_frames: int = Budget.frames,
    dissect_seconds: float = Budget.seconds,
    outer: bool = ReadOptions.outer,
    resync: bool = ReadOptions.resync,
    max_flows: int = ReadOptions.max_flows,
    progress: bool | Progress = False,
) -> Run:
    """Judge captures against the table of expected flows.

    Args:
        captures: files and folders; together they are one body of evidence.
        site: the site profile, a file or a mapping with its content; without one, roles are inferred and the report
            says so.
        rules: rule packs, or ids of shipped ones, beside the built-in table.
        expect: items or rule ids that the captures must show.
        dissect: look into chosen frames with tshark, where it is installed; without, headers alone are judged.
        dissect_frames: how many frames are dissected at most.
        dissect_seconds: how long that may take.
        outer: leave tunnels closed, and judge the flows between their ends instead of those inside.
        resync: go on behind damage inside a capture; the report says what was skipped.
        max_flows: how many flows are kept; frames of further ones are set aside, and the report says so.
        progress: show a line of progress; or a function that is told each capture's name and the octets read of it.

    Raises:
        CaptureError: a capture cannot be read at all.
        SiteError, RulesError: the profile or a pack is wrong; every mistake is told, with its line.
        AnalyzerError: an expected item is neither an item nor a rule of the guide.
    """
    paths = placed(captures)
    budget = Budget(dissect_frames, dissect_seconds) if dissect else None
    terms = api.Terms(load_table(placed(rules)), site_at(site), (), worded(expect), budget)
    options = ReadOptions(outer, resync, max_flows)
    with following(paths, progress) as tell:
        return of(api.inquire(list(paths), terms, options, tell), paths)


def load(folder: str | Path) -> Run:
    """The run that a report folder tells of. It has everything but the means to judge again.

    Raises:
        DocumentError: there is no saved report, or it is damaged or of another version.
    """
    return Run(api.load(folder))


def of(inquiry: api.Inquiry, paths: Sequence[str]) -> Run:
    """The run of an inquiry; its captures are found again wherever the program goes."""
    return Run(inquiry.report, tuple(path if path == "-" else str(Path(path).absolute()) for path in paths), inquiry)


def placed(places: Places) -> tuple[str, ...]:
    return tuple(map(str, [places] if isinstance(places, str | Path) else places))


def worded(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def site_at(site: Profile | None) -> Site | None:
    """The site of a file or of a mapping."""
    if site is None or isinstance(site, Mapping):
        return None if site is None else site_from(site)
    return load_site(Path(site))


def waived(terms: api.Terms, waivers: Waivers) -> api.Terms:
    """The terms with other waivers; those of a site that is inferred are checked when it is."""
    given = tuple(map(copy, waivers))
    return replace(terms, waivers=given) if terms.site is None else replace(terms, site=with_waivers(terms.site, given))


def chosen(line: "str | pd.Series[Any]") -> Choice:
    """The flow, or those of a finding."""
    if not isinstance(line, str) and "finding" in line:
        return Choice(findings=[str(line["finding"])])
    return Choice(flows=[flow_named(line)])


def flow_named(flow: "str | pd.Series[Any]") -> str:
    """The identifier of a flow, given as such or by a line of a table that has one."""
    if isinstance(flow, str):
        return flow
    name = flow.get("flow", flow.get("example_flow"))
    if not isinstance(name, str) or not name:
        raise AnalyzerError("give the identifier of a flow, or a line of the flows or findings that has one")
    return name
