"""The command line. Each command is a module, which is loaded when it is called: it parses, calls and prints."""

import os
from typing import Any, NoReturn

import click

from analyzer import __version__
from analyzer.cli.ending import end_at_once
from analyzer.cli.lazy import LazyCommands
from analyzer.cli.program import Program

COMMANDS = {
    "analyze": "analyzer.cli.analyze",
    "flows": "analyzer.cli.flows",
    "explain": "analyzer.cli.explain",
    "extract": "analyzer.cli.extract",
    "diff": "analyzer.cli.diff",
    "verify": "analyzer.cli.verify",
    "render": "analyzer.cli.render",
    "review": "analyzer.cli.review",
    "rules": "analyzer.cli.rules",
    "seal": "analyzer.cli.seal",
    "site": "analyzer.cli.site",
    "store": "analyzer.cli.store",
}
"""Every command and the module whose ``command`` it is."""


@click.group(
    cls=Program,
    commands=LazyCommands(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="dpm-analyzer")
def main() -> None:
    """Judge captured traffic of a DeploymentManager network against the vendor's table of expected ports.

    Exit codes: 0 nothing to report; 1 findings; 2 the command, the profile or a rule pack is wrong; 3 a capture cannot
    be read, or with --strict is incomplete.
    """
    # Arrow's own allocator keeps the memory that it has; the system's allocator returns it. Arrow reads the variable
    # when it is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # No command multiplies matrices. numpy's library for that starts a thread for each core, and they wait busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def run(**options: Any) -> NoReturn:
    """The program: the command of its arguments, and the end of its process. ``options``: those of ``main``."""
    try:
        main(**options)
    except SystemExit as end:
        end_at_once(end.code)
        raise
    raise AssertionError  # click ends with SystemExit
