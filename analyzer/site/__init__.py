"""The site profile: who is who in the network that was captured.

``load_site`` reads and checks the file, ``site_from`` data in its place; ``Site`` answers which roles, machine and
segment an address has.
"""

from analyzer.site.loading import load_site, site_from, with_waivers
from analyzer.site.lookup import Site
from analyzer.site.profile import Expectation, Machine, Profile, Segment, Waiver

__all__ = ["Expectation", "Machine", "Profile", "Segment", "Site", "Waiver", "load_site", "site_from", "with_waivers"]
