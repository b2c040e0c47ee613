"""The tables of a report in the form in which a store keeps them."""

from typing import Any

from analyzer.api import tables
from analyzer.store.reporting import SiteInquiry
from analyzer.store.tables import NewTables, hosts_frame, new_tables


def tables_of(judged: SiteInquiry) -> NewTables:
    """The tables of a report, as the store keeps them."""
    report = judged.inquiry.report
    frames: dict[str, Any] = {name: tables.frame(report, name) for name in tables.COLUMNS}
    return new_tables(judged, frames | {"hosts": hosts_frame(report.meta.hosts)})
