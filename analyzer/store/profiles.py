"""Which of several site profiles a site of a store has: the one of its name."""

from collections import Counter
from collections.abc import Sequence

from analyzer.errors import StoreError
from analyzer.site import Site
from analyzer.text import suggestion


def profile_of(site: str, profiles: Sequence[Site]) -> Site | None:
    """The profile of a site. A single profile is that of the site, whatever its name is.

    Raises:
        StoreError: there are several, and none or more than one has the name of the site.
    """
    if len(profiles) < 2:
        return profiles[0] if profiles else None
    named = by_name(profiles)
    if site not in named:
        raise StoreError(
            f"--site: none of the profiles has the name of the site, {site!r}: {suggestion(site, named)}their names "
            f"are {', '.join(named)}"
        )
    return named[site]


def profiles_of(sites: Sequence[str], profiles: Sequence[Site]) -> dict[str, Site]:
    """The profiles of these sites, each by its name. A site may have none.

    Raises:
        StoreError: a profile has the name of no site, or two have the same name.
    """
    named = by_name(profiles)
    for name in named:
        if name not in sites:
            raise StoreError(
                f"--site: a profile has the name {name!r}, and the store has no such site: "
                f"{suggestion(name, sites)}the name of a profile is that of its site (--site-name)"
            )
    return named


def by_name(profiles: Sequence[Site]) -> dict[str, Site]:
    """The profiles by their names. Raises StoreError where two have the same."""
    for name, count in Counter(one.name for one in profiles).items():
        if count > 1:
            raise StoreError(f"--site: {count} profiles have the name {name!r}: a site has one profile")
    return {one.name: one for one in profiles}
