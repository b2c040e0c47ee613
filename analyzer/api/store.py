"""``Store``: many captures, of which each is read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analyzer.api.kept_tables import tables_of
from analyzer.api.run import Inputs, Places, Profile, Run, files_of, paths_of, run_of, site_at, words_of
from analyzer.compliance.budget import Budget
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.judging_terms import Terms, terms_of
from analyzer.output import inputs_below, prepare
from analyzer.progress import requested_progress
from analyzer.store.adding import Added, Place, add
from analyzer.store.engine import local_pool
from analyzer.store.folder import locked
from analyzer.store.manifest import DEFAULT_SITE
from analyzer.store.questions import answer
from analyzer.store.reporting import Selection, SiteInquiry, judge_site, manifest_of_store, moment_of, site_of
from analyzer.store.tables import keep_tables, open_tables, read_tables


@dataclass(frozen=True)
class Store:
    """A store of captures: a folder that ``add`` makes. Its methods may be called while other processes use it.

    Args:
        folder: the folder of the store.
    """

    folder: str | Path

    @property
    def root(self) -> Path:
        return Path(self.folder)

    @property
    def sites(self) -> list[str]:
        """The names of the sites, sorted.

        Raises:
            StoreError: there is no store, or it is damaged.
        """
        with locked(self.root, writing=False):
            return manifest_of_store(self.root).site_names

    def add(  # noqa: PLR0913 - an argument for each option of the command
        self,
        captures: Places,
        *,
        site_name: str = DEFAULT_SITE,
        vantage: str = "",
        outer: bool = ReadOptions.outer,
        resync: bool = ReadOptions.resync,
        max_flows: int = ReadOptions.max_flows,
        workers: int = 1,
        worker_memory: int | None = None,
        progress: bool | Progress = False,
    ) -> Added:
        """Add captures; those that the store has, by their SHA-256, are not read.

        Args:
            captures: files and folders.
            site_name: the site that they belong to; a report is about one site.
            vantage: the name of the place where they were captured; captures of other names never continue them.
            outer, resync: as in analyze(); the same for all captures of a store.
            max_flows: the most flows of a vantage.
            workers: read so many vantages at the same time, each in a process of its own.
            worker_memory: the most memory of each of them in MB; a vantage that needs more is read by this process.
            progress: as in analyze().

        Raises:
            ValueError: ``workers`` is not at least 1.
            CaptureError: a capture cannot be read, or one that has to be read again is not there.
            StoreError: the store is damaged, cannot be written, or was made with other options.
        """
        if workers < 1:
            raise ValueError(f"workers: {workers} is not at least 1")
        paths, options = paths_of(captures), ReadOptions(outer, resync, max_flows)
        engine = local_pool(workers, worker_memory)
        with requested_progress(paths, progress) as update:
            return add(self.root, paths, Place(site_name, vantage), options, update, engine=engine)

    def report(  # noqa: PLR0913 - an argument for each option of the command
        self,
        site_name: str = "",
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
        since: str = "",
        until: str = "",
        max_flows: int = ReadOptions.max_flows,
        progress: bool | Progress = False,
    ) -> Run:
        """Judge a site: the same as analyze() of its captures. Questions are answered from its last report.

        Args:
            site_name: the site; it may be left out if the store has only one.
            since, until: only captures that have a frame at or after ``since`` and before ``until``: days or times, in
                UTC unless they have an offset. Such a report answers no questions.
            site, rules, expect, dissect, dissect_frames, dissect_seconds, hosts, host_clocks, server, timezone,
                max_flows, progress: as in analyze().

        Raises:
            StoreError: there is no store, it is damaged, or it has no such site.
            CaptureError: a capture has to be read again, and is not there.
            AnalyzerError: as analyze() has it.
        """
        budget = Budget(dissect_frames, dissect_seconds) if dissect else None
        given = (paths_of(hosts), words_of(host_clocks), server, timezone)
        terms = terms_of(paths_of(rules), site_at(site), words_of(expect), budget, *given)
        selection = selection_of(site_name, since, until)
        with requested_progress((), progress) as update:
            judged = judge_and_keep(self.root, selection, terms, max_flows, update)
        paths = [one.at for one in judged.captures]
        inputs = Inputs((*map(Path, paths), *files_of(rules, site)), tuple(Path(path) for path in paths_of(hosts)))
        return run_of(judged.inquiry, paths, inputs)

    def report_all(  # noqa: PLR0913 - an argument for each option of the command
        self,
        folder: str | Path,
        *,
        sites: Profile | Sequence[Profile] = (),
        rules: Places = (),
        expect: str | Sequence[str] = (),
        dissect: bool = True,
        dissect_frames: int = Budget.frames,
        dissect_seconds: float = Budget.seconds,
        timezone: str = "",
        max_flows: int = ReadOptions.max_flows,
        force: bool = False,
        progress: bool | Progress = False,
    ) -> Path:
        """Judge every site, and write an overview with the report of each, as ``store report --all``.

        Questions are answered from these reports then.

        Args:
            folder: the folder of the overview; it is created if it does not exist.
            sites: profiles; a site has the one whose ``name`` is the name of the site.
            rules, expect, dissect, dissect_frames, dissect_seconds, timezone, max_flows, progress: as in analyze(), for
                all sites.
            force: write into a folder that is not empty.

        Returns:
            The path of the page, ``overview.html``; its tables as CSV are beside it.

        Raises:
            StoreError: there is no store, it is damaged, or a profile is that of no site.
            OutputError: the folder is not empty or cannot be written, or a file of it would replace an input.
            AnalyzerError: no site can be judged.
        """
        from analyzer.api.all_sites import AllSites, report_all  # noqa: PLC0415 - only it needs the pages

        out = Path(folder)
        given: list[Profile] = [sites] if isinstance(sites, str | Path | Mapping) else list(sites)
        profiles = [one for profile in given if (one := site_at(profile)) is not None]
        budget = Budget(dissect_frames, dissect_seconds) if dissect else None
        terms = terms_of(paths_of(rules), None, words_of(expect), budget, (), (), "", timezone)
        prepare(out, force=force)
        files = [path for profile in given for path in files_of((), profile)]
        inputs = [*files_of(rules, None), *files, *inputs_below([self.root], out)]
        with requested_progress((), progress) as update:
            report_all(AllSites(self.root, profiles, terms, max_flows, update), out, inputs)
        return out / "overview.html"

    def flows(self) -> pd.DataFrame:
        """The flows of the last report of each site, with the name of the site.

        Raises:
            StoreError: there is no store, it is damaged, or no site has a report.
        """
        return self._table("flows")

    def ask(self, question: str) -> pd.DataFrame:
        """The answer to a question in SQL, which DuckDB gives (extra ``sql``).

        Its views are the tables of the last report of each site: flows, findings, rows, boots, captures and hosts. A
        question can read nothing else and write nothing.

        Raises:
            StoreError: the question is wrong, DuckDB is not installed, or there is nothing to ask yet.
        """
        with locked(self.root, writing=False):
            found = open_tables(self.root, manifest_of_store(self.root))
        return pd.DataFrame(answer(found, question).to_pandas())

    def _table(self, name: str) -> pd.DataFrame:
        with locked(self.root, writing=False):
            return pd.DataFrame(read_tables(self.root, manifest_of_store(self.root), (name,))[name].to_pandas())


def selection_of(site_name: str, since: str, until: str) -> Selection:
    """What is to be judged. Raises StoreError for a time that cannot be read."""
    begin = moment_of(since, "--since") if since else None
    end = moment_of(until, "--until") if until else None
    return Selection(site_name, begin, end)


def chosen_site(root: Path, selection: Selection) -> str:
    """The name of the site that is chosen. Raises StoreError as judging does."""
    with locked(root, writing=False):
        return site_of(manifest_of_store(root), selection.site, root)


def judge_and_keep(root: Path, selection: Selection, terms: Terms, max_flows: int, progress: Progress) -> SiteInquiry:
    """Judge a site; keep the tables of the report in the store, unless it is about some of the captures only."""
    judged = judge_site(root, selection, terms, max_flows, progress)
    if selection.is_whole:
        keep_tables(root, [tables_of(judged)])
    return judged
