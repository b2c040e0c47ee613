"""The options that several commands have, each declared once, and the way a command gets all of its options as one
object."""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any, TypeVar

import click

from analyzer.cli import completion
from analyzer.compliance.budget import Budget
from analyzer.flows.options import ReadOptions
from analyzer.operating_system.files import expanded

Function = Callable[..., None]
Options = TypeVar("Options")


def expand(_ctx: click.Context, _param: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The captures that are named, with patterns replaced by what they fit: no shell of Windows does it."""
    return tuple(expanded(names))


captures = click.argument(
    "captures",
    nargs=-1,
    required=True,
    metavar="CAPTURE...",
    shell_complete=completion.files,
    callback=expand,
)
folder = click.argument("folder", metavar="DIR", shell_complete=completion.folders)
packs = click.option(
    "--rules",
    "packs",
    multiple=True,
    metavar="FILE",
    shell_complete=completion.packs,
    help="A rule pack, or the id of a built-in one (oem-hitachi). Can be repeated.",
)
site = click.option(
    "--site",
    metavar="FILE",
    shell_complete=completion.files,
    help="The site profile. Without one, the roles of the hosts are inferred from the traffic.",
)
profiles = click.option(
    "--site",
    "profiles",
    multiple=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="A site profile. Can be repeated: of several, a site has the one whose name is the site's.",
)
server = click.option(
    "--server",
    default="",
    metavar="ADDRESS",
    help="The DPM Server's address, if there is no site profile: the other roles are inferred around it.",
)
timezone = click.option(
    "--timezone",
    default="",
    metavar="ZONE",
    help="Show times of this zone (Asia/Tokyo) beside UTC; by default that of the site profile.",
)
hosts = click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="PATH",
    shell_complete=completion.files,
    help="Evidence of a host: a file or a folder with event logs or socket tables. Can be repeated.",
)
host_clocks = click.option(
    "--host-clock",
    "host_clocks",
    multiple=True,
    metavar="NAME=OFFSET",
    help="How far the clock of a host is ahead of the capture's: NAME=+9h, NAME=-30s. Can be repeated.",
)
strict = click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3, after all output is written, if a capture was left out, is damaged, lost packets or has "
    "encapsulations that are not read.",
)
color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour; auto: on a terminal, unless NO_COLOR is set.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Print no summary, no warnings and no progress; only errors.")
verbose = click.option("-v", "--verbose", is_flag=True, help="Show each stage and its duration on standard error.")


json_lines = click.option("--json-lines", is_flag=True, help="Print the summary and each finding as a line of JSON.")
no_dissect = click.option("--no-dissect", is_flag=True, help="Judge by headers only; tshark is not needed.")
write_over = click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
max_flows = click.option(
    "--max-flows",
    type=click.IntRange(1),
    default=ReadOptions.max_flows,
    show_default=True,
    metavar="N",
    help="Keep at most N flows; frames of further flows are set aside.",
)


def reading(function: Function) -> Function:
    """``--outer``, ``--resync`` and ``--max-flows``. The command gets them as ``reading``, a ReadOptions."""

    @click.option(
        "--outer", is_flag=True, help="Leave tunnels closed: show the flows between their ends, not those inside."
    )
    @click.option(
        "--resync",
        is_flag=True,
        help="Continue after damage inside a capture, where frames can be found again; reports what was skipped.",
    )
    @max_flows
    @wraps(function)
    def call(*, outer: bool, resync: bool, **others: Any) -> None:
        function(reading=ReadOptions(outer, resync, others.pop("max_flows")), **others)

    return call


def judging(function: Function) -> Function:
    """``--out``, ``--expect`` and the options of dissection."""

    @click.option(
        "--out",
        default="dpm-analyzer-report",
        show_default=True,
        metavar="DIR",
        shell_complete=completion.folders,
        help="The report folder.",
    )
    @click.option(
        "--expect",
        multiple=True,
        metavar="ITEM",
        shell_complete=completion.rules,
        help="An item or a rule id that the captures must show. Can be repeated.",
    )
    @no_dissect
    @click.option(
        "--dissect-frames",
        type=click.IntRange(1),
        default=Budget.frames,
        show_default=True,
        metavar="N",
        help="Dissect at most N frames with tshark, the most important ones first.",
    )
    @click.option(
        "--dissect-seconds",
        type=click.FloatRange(1),
        default=Budget.seconds,
        show_default=True,
        metavar="S",
        help="Let tshark run for at most S seconds.",
    )
    @wraps(function)
    def call(**others: Any) -> None:
        function(**others)

    return call


def as_object(options: type[Options]) -> Callable[[Callable[[Options], None]], Function]:
    """Give a command its options as one object of the class ``options``, which has a field for each of them."""

    def decorate(function: Callable[[Options], None]) -> Function:
        @wraps(function)
        def call(**values: Any) -> None:
            function(options(**values))

        return call

    return decorate


def fail_on(kinds: Iterable[str], default: Iterable[str], help_text: str) -> Callable[[Function], Function]:
    """``--fail-on``: a list of ``kinds`` with commas, or none. The command gets a frozenset as ``fail_on``."""
    words = tuple(kinds)

    def chosen(_ctx: click.Context, _param: click.Parameter, value: str) -> frozenset[str]:
        return words_of(value, words)

    return click.option(
        "--fail-on",
        callback=chosen,
        default=",".join(default),
        show_default=True,
        metavar="KINDS",
        shell_complete=completion.list_of(words),
        help=help_text,
    )


def words_of(value: str, kinds: tuple[str, ...]) -> frozenset[str]:
    """The words of a list with commas, each of them one of ``kinds``; the empty set for ``none``."""
    words = {word.strip() for word in value.split(",") if word.strip()}
    if words == {"none"}:
        return frozenset()
    if not words:
        raise click.BadParameter(f"choose from {', '.join(kinds)}, or none")
    if unknown := words - set(kinds):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(kinds)}, or none")
    return frozenset(words)


def font_warning(letters: str, folder: str) -> Iterator[str]:
    """A line about letters that the charts as PNG show as boxes; no line if there are none."""
    if letters:
        from analyzer.render.shared.chart_process import FONT_REMEDY

        yield (
            f"the PNG charts show boxes for letters that no font here has ({letters[:40]}): install a font "
            f"({FONT_REMEDY}), then dpm-analyzer render {folder} --format charts"
        )
