"""``dpm-analyzer site infer``: a draft of a site profile."""

import click

from analyzer.cli import options
from analyzer.cli.program import print_lines
from analyzer.flows.options import ReadOptions
from analyzer.progress import progress, sizes_of


@click.command("infer")
@options.captures
@options.server
@options.packs
@options.reading
@options.quiet
@options.verbose
def command(  # noqa: PLR0913 - an argument for each option
    captures: tuple[str, ...], *, server: str, packs: tuple[str, ...], reading: ReadOptions, quiet: bool, verbose: bool
) -> None:
    """Draft a site profile from captures, each line with its evidence."""
    from analyzer import pipeline
    from analyzer.flows.evidence import warnings
    from analyzer.messages.english import sentence
    from analyzer.render.command import profile_yaml

    with progress(lambda: sizes_of(captures), quiet=quiet, verbose=verbose) as update:
        inferred, evidence = pipeline.infer_site(captures, packs, server=server, options=reading, progress=update)
    print_lines(() if quiet else map(sentence, warnings(evidence)))
    click.echo(profile_yaml.text(inferred), nl=False)
