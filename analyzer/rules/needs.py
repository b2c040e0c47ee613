"""Which other items a row's footnotes make necessary (*7 and *8 of the guide)."""

from analyzer.rules.model import Needed, Rule, RuleTable
from analyzer.site import Site


def needed_items(rule: Rule, table: RuleTable, site: Site) -> tuple[str, ...]:
    """The items whose rows are necessary wherever ``rule`` is, in the order of its footnotes.

    A need that depends on a DHCP server holds only where the profile says whether there is one.
    """
    notes = (table.footnotes[number] for number in rule.footnotes if number in table.footnotes)
    return tuple(dict.fromkeys(need.item for note in notes for need in note.needs if _holds(need, site)))


def _holds(need: Needed, site: Site) -> bool:
    if need.when is None:
        return True
    known_server = site.profile.dhcp.servers is not None and not site.dhcp_none
    return known_server if need.when == "dhcp-server" else site.dhcp_none
