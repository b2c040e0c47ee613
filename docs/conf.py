"""How Sphinx makes the documentation; `make docs` runs it. The pages are plain Markdown, so that they read anywhere."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

project = "DPM Analyzer"
author = "the contributors"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
highlight_language = "none"
smartquotes = False  # two dashes are those of an option
myst_heading_anchors = 4

# The page loads nothing from elsewhere, and does not contain the time and the machine of its making.
html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
