"""The packages that the tests need on Windows: `python requirements.py pyproject.toml` prints them, one on a line."""

import re
import sys
import tomllib
from pathlib import Path

EXTRAS = ("hosts", "import", "seal", "sql", "workbook", "test")
LEFT_OUT = frozenset(
    {"dpm-analyzer", "axe-playwright-python", "playwright", "ipykernel", "nbclient", "build", "hatchling"}
)
"""The package itself; browsers, notebooks and building are tested on Linux only."""

project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in project["optional-dependencies"][extra])]
print("\n".join(sorted({one for one in wanted if re.split(r"[^\w-]", one)[0] not in LEFT_OUT})))
