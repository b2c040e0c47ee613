"""What every page has: the environment of the templates, the style sheet, the script, and the policy in its head.

The policy allows the page's own style sheet and its own script, by hash, and nothing else. Every expression of the
templates is escaped by autoescape and made visible by ``shown``.
"""

import base64
import hashlib
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer import text as text_module
from analyzer.palette import BOOTS, DARK, LIGHT, STATUSES, VERDICTS, Paper
from analyzer.render.shared.escape import clip
from analyzer.render.shared.layout import Table
from analyzer.user_cache import kept_folder

LONGEST = 600
"""Characters of a single value."""
MARKS = {mark.word: mark for mark in (*VERDICTS, *STATUSES, *BOOTS)}


def page_environment() -> Environment:
    """The templates of pages."""
    return Environment(
        loader=PackageLoader("analyzer.render"), autoescape=True, finalize=shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, bytecode_cache=_compiled_templates(),
    )  # fmt: skip


def _compiled_templates() -> FileSystemBytecodeCache | None:
    """Where compiled templates are kept for the next page: to compile them takes longer than to fill them in. The name
    of the folder depends on what they are compiled by; Jinja compares the text of each template itself."""
    digest = hashlib.sha256(f"{version('jinja2')} {sys.version}".encode())
    for module in (__file__, text_module.__file__):
        digest.update(Path(module).read_bytes())
    folder = kept_folder(f"templates-{digest.hexdigest()[:16]}")
    return FileSystemBytecodeCache(str(folder), "%s.cache") if folder else None


def shown(value: Any) -> Any:
    """A value of a template as the page shows it: visible, not too long, with commas in numbers."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clip(value, LONGEST)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def script_of(page: Environment, name: str) -> Markup:
    """A script of the templates, unchanged; an empty one without a name."""
    assert page.loader is not None  # given by page_environment()
    return Markup(page.loader.get_source(page, name)[0] if name else "")


def style_of(
    page: Environment, styles: Sequence[str], tables: Mapping[str, Table], title: str, values: Mapping[str, Any]
) -> Markup:
    """The style sheet. ``title``: what each sheet of paper has at its head; ``values``: more for its templates, and
    ``timezone``, whose times stand in brackets: each sheet of paper says so."""
    light, dark = _variables(LIGHT, "light"), _variables(DARK, "dark")
    page.filters["quoted"] = lambda text: Markup(_css_text(clip(text, 60)))
    timezone = clip(values.get("timezone", ""), 60)
    times = f"All times are UTC, in brackets those of {timezone}" if timezone else "All times are UTC"
    own = {"light": Markup(light), "dark": Markup(dark), "marks": MARKS.values(), "tables": tables}
    own |= {"running": Markup(_css_text(title)), "times": Markup(_css_text(times))}
    return Markup("").join(Markup(page.get_template(name).render(**own, **values)) for name in styles)


def _css_text(text: str) -> str:
    """A string of a style sheet, with every special letter written as its number."""
    return '"' + "".join(one if one.isascii() and one.isalnum() else f"\\{ord(one):x} " for one in text) + '"'


def _variables(paper: Paper, side: str) -> str:
    neutral = {name: getattr(paper, name) for name in Paper.__dataclass_fields__}
    colours = neutral | {look.word: getattr(look, side) for look in MARKS.values()}
    return "".join(f"--{name}: {colour}; " for name, colour in colours.items())


def policy_of(style: str, script: str) -> str:
    """The policy of a page with this style sheet and this script."""
    digests = (base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script))
    allowed = "; ".join(
        f"{kind} 'sha256-{digest}'" for kind, digest in zip(("style-src", "script-src"), digests, strict=True)
    )
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
