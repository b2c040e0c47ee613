"""What a report saves for explaining: enough to hold any of its flows against any row of its table again."""

from analyzer.compliance.explain import Saved
from analyzer.report.model import Report
from analyzer.rules import table_from_packs
from analyzer.site import Profile, Site


def saved_in(report: Report) -> Saved:
    """The table, the profile, and who is who, as the report was judged by them."""
    return Saved(
        rules=table_from_packs(report.meta.packs),
        site=Site.from_profile(Profile.model_validate(report.meta.site.profile)),
        roles={host.address: host.roles for host in report.meta.hosts},
        machines={host.address: host.machine for host in report.meta.hosts if host.machine},
        seen=report.meta.observations,
        named=report.meta.machines,
    )
