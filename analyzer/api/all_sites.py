"""Judges every site of a store: the report of each, and an overview of all."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.api.kept_tables import tables_of
from analyzer.errors import AnalyzerError, OutputError
from analyzer.flows.reading.reader import Progress
from analyzer.judging_terms import Terms
from analyzer.output import Content, write
from analyzer.render import everything
from analyzer.render.overview import csv, html
from analyzer.render.overview.facts import Earlier, Overview, SiteFacts, site_facts
from analyzer.render.shared.page_model import instant
from analyzer.report import Report
from analyzer.report.folder import SUMS
from analyzer.site import Site
from analyzer.store.folder import locked
from analyzer.store.manifest import KeptTables, Manifest
from analyzer.store.profiles import profiles_of
from analyzer.store.reporting import Selection, judge_site, manifest_of_store
from analyzer.store.tables import NewTables, keep_tables, read_table
from analyzer.version import VERSION

SITES = "sites"
"""The folder with the report folders of the sites."""


@dataclass(frozen=True)
class AllSites:
    """How all sites are judged. ``terms``: the same for each; the profile of a site is the one of its name."""

    root: Path
    profiles: Sequence[Site]
    terms: Terms
    max_flows: int
    progress: Progress


def report_all(asked: AllSites, out: Path, inputs: Sequence[Path]) -> Overview:
    """Judge every site, and write the reports and the overview into ``out``: all of it, or nothing.

    What is new is found by comparing with the tables that the store keeps of the last report of each site; after
    everything is written, it keeps those of these reports instead. A site that cannot be judged is in the overview
    with the reason.

    Raises:
        StoreError: the store is damaged, or a profile is that of no site.
        OutputError: the reports cannot be written.
        AnalyzerError: no site can be judged.
    """
    with locked(asked.root, writing=False, waiting=asked.progress):
        manifest = manifest_of_store(asked.root)
    profiles = profiles_of(manifest.site_names, asked.profiles)
    with tempfile.TemporaryDirectory(prefix="dpm-analyzer-") as spool:
        reports = ReportFiles(asked, manifest, profiles, Path(spool))
        captures = [Path(one.at) for one in manifest.captures]
        write(out, reports.files(), [*captures, *inputs])
        asked.progress("writing the store", 0)
        keep_tables(asked.root, reports.tables)
    return Overview(VERSION, reports.facts)


class ReportFiles:
    """The files of all reports, each made when it is asked for. ``facts``, ``tables``: of the sites until there."""

    def __init__(self, asked: AllSites, manifest: Manifest, profiles: Mapping[str, Site], spool: Path) -> None:
        self.asked, self.manifest, self.profiles, self.spool = asked, manifest, profiles, spool
        self.facts: list[SiteFacts] = []
        self.tables: list[NewTables] = []

    def files(self) -> Iterator[tuple[str, Content]]:
        """(path, content) of every file; the overview comes last."""
        folders = folders_of(self.manifest.site_names)
        problems: list[AnalyzerError] = []
        for number, (site, folder) in enumerate(folders.items(), 1):
            self.asked.progress(f"site {number} of {len(folders)}: {site}", 0)
            try:
                report = self.judged(site, folder)
            except OutputError:
                raise
            except AnalyzerError as error:
                problems.append(error)
                self.facts.append(
                    SiteFacts(site, captures=len(self.manifest.of_site(site)), problem=" ".join(error.lines))
                )
                continue
            yield from with_sums(folder, everything(report, None, "pieces"))
        if len(problems) == len(folders):
            raise problems[0]
        overview = Overview(VERSION, self.facts)
        yield from (html.files(overview) | csv.files(overview)).items()

    def judged(self, site: str, folder: str) -> Report:
        """Judge a site; keep its facts, and its tables on the disk."""
        asked = self.asked
        terms = replace(asked.terms, site=self.profiles.get(site))
        judged = judge_site(asked.root, Selection(site), terms, asked.max_flows, asked.progress)
        report = judged.inquiry.report
        facts = site_facts(site, folder, report, self.earlier(site))
        self.tables.append(spooled(tables_of(judged), self.spool / str(len(self.tables))))
        self.facts.append(facts)
        return report

    def earlier(self, site: str) -> Earlier | None:
        """The last report of the site, of which the store keeps the tables; None without one."""
        with locked(self.asked.root, writing=False):
            manifest = manifest_of_store(self.asked.root)
            kept = next((one for one in manifest.tables if one.site == site), None)
            if kept is None:
                return None
            findings = read_table(self.asked.root, kept, "findings").to_pandas()
        return Earlier(findings, until(manifest, kept))


def until(manifest: Manifest, kept: KeptTables) -> str:
    """The time of the last frame of a report's captures."""
    known = set(kept.captures)
    ends = (one.end for one in manifest.of_site(kept.site) if one.sha256 in known)
    last = max(ends, default=-1)
    return instant(last if last >= 0 else None)


def folders_of(sites: Sequence[str]) -> dict[str, str]:
    """Site -> the folder of its report. No two are the same where a system does not distinguish capital letters."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for site in sites:
        number, name = 1, site
        while name.casefold() in taken:
            number += 1
            name = f"{site}~{number}"
        taken.add(name.casefold())
        folders[site] = f"{SITES}/{name}"
    return folders


def with_sums(folder: str, files: Iterator[tuple[str, Content]]) -> Iterator[tuple[str, Content]]:
    """The files of a report folder, and the list of their checksums, in the form that ``store report`` gives them."""
    sums: dict[str, str] = {}

    def counted(name: str, content: Content) -> Iterator[bytes | memoryview]:
        digest = hashlib.sha256()
        for piece in (content,) if isinstance(content, bytes) else content:
            digest.update(piece)
            yield piece
        sums[name] = digest.hexdigest()

    for name, content in files:
        yield f"{folder}/{name}", counted(name, content)
    listed = "".join(f"{sum_}  {name}\n" for name, sum_ in sorted(sums.items()))
    yield f"{folder}/{SUMS}", listed.encode()


def spooled(tables: NewTables, folder: Path) -> NewTables:
    """The same with its files on the disk: a thousand sites are not in memory."""
    folder.mkdir()
    places = {name: folder / name for name in tables.files}
    for name, octets in tables.files.items():
        places[name].write_bytes(octets if isinstance(octets, bytes) else octets.read_bytes())
    return replace(tables, files=places)
