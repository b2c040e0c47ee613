"""``Run``, the result of ``analyze`` and ``load``."""

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

from analyzer import pipeline, render
from analyzer.api import tables
from analyzer.api.explanation import Explanation
from analyzer.capture.sources.find import find_captures
from analyzer.compliance.budget import Budget
from analyzer.difference import Difference, difference
from analyzer.errors import AnalyzerError
from analyzer.explain.saved import explain_flow, explain_row, named_by
from analyzer.extract import Choice
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.judging_terms import Terms, terms_of
from analyzer.output import inputs_below, prepare, write
from analyzer.progress import requested_progress
from analyzer.report import Report
from analyzer.report.meta import ProgramRecord
from analyzer.rules import load_table
from analyzer.site import Site, Waiver, load_site, site_from, with_waivers
from analyzer.text import visible

if TYPE_CHECKING:
    from analyzer.api.plot import Plot

Places = str | Path | Sequence[str | Path]
"""A file or folder, or several."""
Profile = str | Path | Mapping[str, Any]
"""A site profile: its file, or its content as a mapping."""
Waivers = Sequence[Mapping[str, Any] | Waiver]


@dataclass(frozen=True)
class Inputs:
    """What was read, which no report replaces: files, and the files and folders with evidence of hosts."""

    files: tuple[Path, ...] = ()
    hosts: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """An analysis, made by ``analyze`` or ``load``. It never changes: tables are copies, ``judge`` returns another run.

    ``report``: the whole document. ``analyzer.render`` makes the files of the report from it.
    """

    report: Report
    _captures: tuple[str, ...] = ()
    _inquiry: "pipeline.Inquiry | None" = None
    _inputs: Inputs = Inputs()

    @property
    def flows(self) -> pd.DataFrame:
        """The flow table, one line for each flow, in order of time."""
        return self._tables["flows"].copy()

    @property
    def findings(self) -> pd.DataFrame:
        """The findings, most serious first: unexpected and blocked flows of one kind between the same two hosts, and
        missing rows."""
        return self._tables["findings"].copy()

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the table, one line for each row and machine, with the status."""
        return self._tables["rows"].copy()

    @property
    def boots(self) -> pd.DataFrame:
        """The PXE boots, one line for each attempt."""
        return self._tables["boots"].copy()

    @property
    def attributions(self) -> pd.DataFrame:
        """The records of hosts that show the programs of flows, one line each; empty without evidence of hosts."""
        summary = self.report.meta.host_evidence
        records = [
            {name: visible(value) if isinstance(value, str) else value for name, value in record.model_dump().items()}
            for record in (summary.records if summary else ())
        ]
        return pd.DataFrame(records, columns=list(ProgramRecord.model_fields))

    @property
    def captures(self) -> pd.DataFrame:
        """The captures that were analysed, one line each, in the order in which they were read."""
        return self._tables["captures"].copy()

    @property
    def plot(self) -> "Plot":
        """The charts: ``run.plot.timeline()`` and the others are matplotlib figures."""
        from analyzer.api.plot import Plot  # noqa: PLC0415 - matplotlib takes long to import

        return Plot(self.report)

    def explain(self, flow: "str | pd.Series[Any]") -> Explanation:
        """Why a flow has its verdict: each row of the table, field by field.

        Args:
            flow: the identifier of a flow or a finding, or the beginning of one; a line of ``flows``; or a line of
                ``findings`` (its first flow).

        Raises:
            AnalyzerError: there is no such flow or finding, or several begin so.
        """
        from analyzer.render.command import explain  # noqa: PLC0415 - renderers are imported when they are first used

        found = named_by(self.report, flow_id(flow))
        if found.flow is None:
            return self.explain_row(str(found.rule), found.machine)
        explained = explain_flow(self.report, found.flow)
        # First the flow and the row that it was judged by; then the other rows, and what would allow the flow.
        return Explanation(explain.text(explained), shown=2)

    def explain_row(self, rule: "str | pd.Series[Any]", machine: str | None = None) -> Explanation:
        """The status of a row of the table, and what would satisfy it.

        Args:
            rule: its identifier, or a line of ``rows``, which also names the machine.
            machine: for this managed machine only.

        Raises:
            AnalyzerError: the table has no such row, or the row has no status for that machine.
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

        The captures are read again, and must be unchanged; tshark dissects the packets. They come capture by capture:
        if several vantages captured the flow, each has its own packets, which ``packet.frame_info.interface_id``
        distinguishes. It works inside a running event loop, too. When it returns, tshark has ended, and the packets
        need no file.

        Args:
            flow: its identifier, a line of ``flows``, or a line of ``findings`` (all its flows).
            captures: files and folders that contain the captures; by default where they were analysed, or, for a run
                that was loaded, the current folder.
            first: return at most so many packets; None: all. A warning is given if there are more.
            seconds: the time limit for tshark.
            progress: as in analyze().

        Raises:
            AnalyzerError: there is no such flow or no tshark, or tshark failed or took too long.
            CaptureError: a capture is missing, or was changed.
        """
        from analyzer.api.packets import packets_of  # noqa: PLC0415 - imported when it is first used

        places = paths_of(captures) or self._captures or (".",)
        choice = choice_of(flow)
        with requested_progress(places, progress) as update:
            return packets_of(self.report, choice, places, first=first, seconds=seconds, progress=update)

    def judge(
        self,
        *,
        rules: Places | EllipsisType = ...,
        site: Profile | EllipsisType | None = ...,
        waivers: Waivers | EllipsisType = ...,
        expect: str | Sequence[str] | EllipsisType = ...,
    ) -> "Run":
        """Judge again, without reading the captures. Arguments that are not given keep their values.

        The result is that of analyze() with the same arguments. Frames that were dissected are not dissected again. If
        the new rules need frames that were not kept, a note of the report says so.

        Args:
            rules: rule packs, or ids of built-in ones, in addition to the built-in table; (): only that table.
            site: the site profile, a file or a mapping; None: roles are inferred.
            waivers: replace those of the profile: mappings with orig, resp, service, reason, owner and expires.
            expect: items or rule ids that the captures must show.

        Raises:
            AnalyzerError: the run was loaded and cannot be judged again; or an item is unknown.
            SiteError, RulesError: the profile, a waiver or a pack is wrong; all mistakes are listed.
        """
        before = self._inquiry
        if before is None:
            raise AnalyzerError(
                "a run that was loaded contains no packets and cannot be judged again: analyse the captures again, "
                "and judge that run"
            )
        terms = before.terms
        if not isinstance(rules, EllipsisType):
            terms = replace(terms, rules=load_table(paths_of(rules)))
        if not isinstance(site, EllipsisType):
            terms = replace(terms, site=site_at(site), waivers=())
        if not isinstance(waivers, EllipsisType):
            terms = with_other_waivers(terms, waivers)
        if not isinstance(expect, EllipsisType):
            terms = replace(terms, expect=words_of(expect))
        packs = () if isinstance(rules, EllipsisType) else rules
        profile = None if isinstance(site, EllipsisType) else site
        inputs = replace(self._inputs, files=(*self._inputs.files, *files_of(packs, profile)))
        return run_of(pipeline.judge_again(before, terms), self._captures, inputs)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the report folder, as ``dpm-analyzer analyze`` does; returns the path of its page.

        Args:
            folder: the report folder; it is created if it does not exist.
            force: write into a folder that is not empty.

        Raises:
            OutputError: the folder is not empty or cannot be written, or a file of the report would replace an input.
        """
        prepare(Path(folder), force=force)
        inputs = [*self._inputs.files, *inputs_below(self._inputs.hosts, Path(folder))]
        write(Path(folder), render.everything(self.report, None, "pieces"), inputs)
        # Arrow's own allocator keeps memory that it does not need any more.
        pyarrow.default_memory_pool().release_unused()
        return Path(folder) / "report.html"

    def diff(self, other: "Run") -> Difference:
        """What is new, gone and changed from this run to another; ephemeral ports and times are not compared."""
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
    # With python -OO there are no docstrings.
    vars(Run)[_name].__doc__ = (vars(Run)[_name].__doc__ or "") + f"\n\n        {tables.described(_name)}"


def analyze(  # noqa: PLR0913 - an argument for each option of the command
    captures: Places,
    *,
    site: Profile | None = None,
    rules: Places = (),
    expect: str | Sequence[str] = (),
    dissect: bool = True,
    dissect_frames: int = Budget.frames,
    dissect_seconds: float = Budget.seconds,
    hosts: Places = (),
    host_clocks: str | Sequence[str] = (),
    server: str = "",
    timezone: str = "",
    outer: bool = ReadOptions.outer,
    resync: bool = ReadOptions.resync,
    max_flows: int = ReadOptions.max_flows,
    progress: bool | Progress = False,
) -> Run:
    """Judge captures against the table of expected flows.

    Args:
        captures: files and folders; they are judged together.
        site: the site profile, a file or a mapping with its content; without one, roles are inferred and the report
            says so.
        rules: rule packs, or ids of built-in ones, in addition to the built-in table.
        expect: items or rule ids that the captures must show.
        dissect: dissect some frames with tshark, if it is installed; otherwise only headers are judged.
        dissect_frames: dissect at most so many frames.
        dissect_seconds: the time limit for tshark.
        hosts: files and folders with evidence of hosts: event logs, socket tables, captures with programs.
        host_clocks: ``NAME=OFFSET``: how far the clock of a host is ahead of the capture's, as in ``SRV=+9h``.
        server: the address of the DPM Server, if there is no profile; the other roles are inferred around it.
        timezone: the zone in which the report shows times beside UTC, ``Asia/Tokyo``; by default that of the profile.
        outer: leave tunnels closed, and judge the flows between their ends instead of those inside.
        resync: continue after damage inside a capture; the report says what was skipped.
        max_flows: keep at most so many flows; frames of further flows are set aside, and the report says so.
        progress: show a progress line; or a function that takes the name of a capture and the octets read of it.

    Raises:
        CaptureError: a capture cannot be read at all.
        SiteError, RulesError: the profile or a pack is wrong; all mistakes are listed, with their lines.
        AnalyzerError: an expected item is neither an item nor a rule of the guide; evidence of hosts is not there, or a
            package that reads it is not installed.
    """
    paths = paths_of(captures)
    budget = Budget(dissect_frames, dissect_seconds) if dissect else None
    given = (paths_of(hosts), words_of(host_clocks), server, timezone)
    terms = terms_of(paths_of(rules), site_at(site), words_of(expect), budget, *given)
    options = ReadOptions(outer, resync, max_flows)
    read = [Path(item.path).absolute() for item in find_captures(list(paths)) if item.path != "-"]
    inputs = Inputs((*read, *files_of(rules, site)), tuple(Path(path).absolute() for path in paths_of(hosts)))
    with requested_progress(paths, progress) as update:
        return run_of(pipeline.inquire(list(paths), terms, options, update), paths, inputs)


def load(folder: str | Path) -> Run:
    """The run of a report folder. It cannot be judged again.

    Raises:
        DocumentError: there is no saved report, or it is damaged or of another version.
    """
    return Run(pipeline.load(folder))


def run_of(inquiry: pipeline.Inquiry, paths: Sequence[str], inputs: Inputs) -> Run:
    """The run of an inquiry. The paths of its captures are absolute, so that the current folder may change."""
    captures = tuple(path if path == "-" else str(Path(path).absolute()) for path in paths)
    return Run(inquiry.report, captures, inquiry, inputs)


def files_of(rules: Places, site: Profile | None) -> list[Path]:
    """The files of packs and of a profile."""
    profile = [] if site is None or isinstance(site, Mapping) else [site]
    return [Path(path).absolute() for path in (*paths_of(rules), *profile)]


def paths_of(places: Places) -> tuple[str, ...]:
    return tuple(map(str, [places] if isinstance(places, str | Path) else places))


def words_of(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def site_at(site: Profile | None) -> Site | None:
    """The site of a profile that is a file or a mapping; None without a profile."""
    if site is None or isinstance(site, Mapping):
        return None if site is None else site_from(site)
    return load_site(Path(site))


def with_other_waivers(terms: Terms, waivers: Waivers) -> Terms:
    """The terms with other waivers. If the site is inferred, they are checked when it is inferred."""
    given = tuple(map(copy, waivers))
    return replace(terms, waivers=given) if terms.site is None else replace(terms, site=with_waivers(terms.site, given))


def choice_of(line: "str | pd.Series[Any]") -> Choice:
    """The choice of one flow, or of all flows of a finding."""
    if not isinstance(line, str) and "finding" in line:
        return Choice(findings=[str(line["finding"])])
    return Choice(flows=[flow_id(line)])


def flow_id(flow: "str | pd.Series[Any]") -> str:
    """The identifier of a flow: the text itself, or the value in a line of ``flows`` or ``findings``."""
    if isinstance(flow, str):
        return flow
    name = flow.get("flow", flow.get("example_flow"))
    if not isinstance(name, str) or not name:
        raise AnalyzerError("give the identifier of a flow, or a line of the flows or findings that has one")
    return name
