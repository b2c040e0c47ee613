"""Loads a site profile from its file, or from data instead of a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analyzer.errors import SiteError
from analyzer.site import checks
from analyzer.site.lookup import Site
from analyzer.site.profile import Profile, Waiver
from analyzer.yaml_source import Document, octets_of, plain, read, read_octets, validate

_DEFAULTS = {"version": 1, "name": "-"}


def load_site(path: Path) -> Site:
    """The site that the YAML file ``path`` describes.

    Raises:
        SiteError: the file cannot be read or is wrong; it lists all mistakes, with line and column.
    """
    return site_in(read(path, SiteError), path.name)


def read_profile(path: Path, octets: bytes | None = None) -> tuple[bytes, Document]:
    """The content of a profile's file, and its document. ``octets``: the content, if it is not to be read.

    Raises:
        SiteError: the file cannot be read, or is not YAML.
    """
    content = octets_of(path, SiteError) if octets is None else octets
    return content, read_octets(str(path), content, SiteError)


def site_from(profile: Mapping[str, Any]) -> Site:
    """The site that a profile as plain data describes; it came from no file.

    Raises:
        SiteError: it is wrong; all mistakes are listed.
    """
    return site_in(plain(profile, "site", SiteError), "")


def site_in(document: Document, source: str) -> Site:
    """The site of a document. Raises SiteError if it is wrong."""
    checked = validate(Profile, document, _DEFAULTS)
    issues = [*checked.issues, *checks.issues(checked)]
    if issues or checked.value is None:
        raise SiteError(issues)
    return Site(checked.value, source, document.sha256, tuple(checks.warnings(Site(checked.value))))


def saved_site(profile: Profile, source: str, sha256: str) -> Site:
    """The site of a profile that a report contains, as it was when it was read. ``source``, ``sha256``: of its file."""
    return Site(profile, source, sha256, tuple(checks.warnings(Site(profile))))


def with_waivers(site: Site, waivers: Sequence[Mapping[str, Any] | Waiver]) -> Site:
    """The site with these waivers instead of its own; it has no source file.

    Raises:
        SiteError: a waiver is wrong; all mistakes are listed.
    """
    given = [one.model_dump(mode="json") if isinstance(one, Waiver) else one for one in waivers]
    document = plain({**site.profile.model_dump(mode="json"), "waivers": given}, "site", SiteError)
    checked = validate(Profile, document, _DEFAULTS)
    # The rest was found right when the site was read, or inferred without a server.
    issues = [*checked.issues, *(checks.unknown_names(checked, checked.value) if checked.value else ())]
    if issues or checked.value is None:
        raise SiteError(issues)
    return Site(checked.value, "", document.sha256, site.warnings)
