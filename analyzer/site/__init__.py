"""The site profile: the hosts, machines and segments of the captured network.

``load_site`` reads and checks the file, ``site_from`` data instead of a file; ``Site`` gives the roles, the machine and
the segment of an address.
"""

from analyzer.site.loading import load_site, saved_site, site_from, with_waivers
from analyzer.site.lookup import Site
from analyzer.site.profile import Attestation, Expectation, Machine, Profile, Segment, Waiver

__all__ = [
    "Attestation",
    "Expectation",
    "Machine",
    "Profile",
    "Segment",
    "Site",
    "Waiver",
    "load_site",
    "saved_site",
    "site_from",
    "with_waivers",
]
