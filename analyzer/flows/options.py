"""How captures are read: one object for the options that the command line, Python and the document share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """The options for reading captures, with the default of each.

    ``outer``: leave tunnels closed, so that the flows are those between the ends of a tunnel; by default a tunnel is
    opened, and the flow inside it is the flow. ``resync``: continue after damage inside a capture, where frames can be
    found again. ``max_flows``: how many flows are kept, of all vantages together; the frames of further ones are set
    aside. A flow takes 1 KB while captures are read, and 3 KB until its report is written: the default fits into the
    memory of a small machine.
    """

    outer: bool = False
    resync: bool = False
    max_flows: int = 2_000_000


DEFAULT_OPTIONS = ReadOptions()
