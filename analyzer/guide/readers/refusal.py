"""Why a file cannot be read."""


class UnreadableError(Exception):
    """A sentence on a file or a page that cannot be read, with what its user can do."""
