"""A site profile from its file."""

from pathlib import Path

from analyzer.errors import SiteError
from analyzer.located import read, validate
from analyzer.site import checks
from analyzer.site.lookup import Site
from analyzer.site.profile import Profile


def load_site(path: Path) -> Site:
    """The site that the YAML file ``path`` describes.

    Raises:
        SiteError: the file cannot be read or is wrong; every mistake is in it, with line and column.
    """
    document = read(path, SiteError)
    checked = validate(Profile, document, {"version": 1, "name": "-"})
    issues = [*checked.issues, *checks.issues(checked)]
    if issues or checked.value is None:
        raise SiteError(issues)
    return Site(checked.value, path.name, document.sha256, tuple(checks.warnings(Site(checked.value))))
