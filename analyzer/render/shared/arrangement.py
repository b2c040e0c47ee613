"""How the page is put together: on a screen, or as sheets of paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arrangement:
    """``template``: the whole page. ``styles``: the style sheets, in their order. ``script``: the script, or none.
    ``limits``: the most that is shown of each part. ``values``: more values for the templates; they are escaped there.
    """

    template: str
    styles: tuple[str, ...]
    script: str
    limits: Mapping[str, int]
    values: Mapping[str, Any] = field(default_factory=dict)
