"""The pages that are made from the code: `python -m docs.pages` writes them, a test checks whether they are current."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from analyzer import glossary
from analyzer.cli import main
from analyzer.render import FORMATS, Format
from docs.interface import interface
from docs.markdown import page, prose, table

FOLDER = Path(__file__).resolve().parent
NOTE = "Made from the code by `python -m docs.pages`; a test compares the two."


def commands() -> str:
    """Every command with its help text."""
    help_note = "`-h` or `--help` after any command prints the same. [terminal.md](terminal.md) explains the output."
    return page("# Commands", f"{NOTE} {help_note}", *sections_of(context_of(main, "dpm-analyzer")))


def context_of(command: click.Command, word: str, parent: click.Context | None = None) -> click.Context:
    """The context in which ``word`` runs a command: without its settings, click would forget ``-h``."""
    return click.Context(command, parent, word, **command.context_settings)


def sections_of(context: click.Context) -> Iterator[str]:
    """The command of ``context`` and those below it."""
    command, name = context.command, context.command_path
    yield f"{'##' if context.parent is None else '###'} {name}"
    yield f"```text\n{' '.join([name, *command.collect_usage_pieces(context)])}\n```"
    yield prose(command.help or "")
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield table(("option", "does"), [(f"`{spelled(option)}`", meaning(option)) for option in options])
    if isinstance(command, click.Group):
        for word, child in command.commands.items():
            yield from sections_of(context_of(child, word, context))


def spelled(option: click.Option) -> str:
    """An option with the name of its value; of several choices, the choices."""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    value = "" if option.is_flag else " " + (option.metavar or "|".join(map(str, choices)) or option.type.name.upper())
    return ", ".join(option.opts) + value


def meaning(option: click.Option) -> str:
    """What an option does, and what holds without it."""
    default = f" Without it: `{option.default}`." if option.show_default and not option.is_flag else ""
    return prose(option.help or "") + default


def formats() -> str:
    """The formats of a report, with their files."""
    rows = [(f"`{each.name}`", ", ".join(f"`{path}`" for path in each.files), purpose(each)) for each in FORMATS]
    return table(("format", "files", "for"), rows)


def purpose(form: Format) -> str:
    """What a format is for, and the extra that it needs."""
    return f"{form.summary}; extra `{form.extra}`, on request only" if form.extra else form.summary


def words() -> str:
    """The words of the tables, with their meanings."""
    return page(
        *(
            f"### {words.title[:1].upper()}{words.title[1:]}\n\n"
            + table(("word", "meaning"), [(f"`{word}`", meaning) for word, meaning in words.meanings.items()])
            for words in glossary.WORDS
        )
    ).rstrip("\n")


def with_blocks(name: str, blocks: dict[str, Callable[[], str]]) -> str:
    """A page that a person wrote, with the blocks in it that are made from the code.

    Raises:
        ValueError: the page has no place for a block.
    """
    text = (FOLDER / name).read_text(encoding="utf-8")
    for block, made in blocks.items():
        begin, end = f"<!-- {block}: made by python -m docs.pages -->", f"<!-- end of {block} -->"
        if begin not in text or end not in text:
            raise ValueError(f"docs/{name}: no block between {begin} and {end}")
        text = f"{text.partition(begin)[0]}{begin}\n\n{made()}\n\n{end}{text.partition(end)[2]}"
    return text


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "outputs.md": lambda: with_blocks("outputs.md", {"formats": formats}),
    "vocabulary.md": lambda: with_blocks("vocabulary.md", {"words": words}),
    "python.md": lambda: interface(NOTE),
}
"""The pages, whole or in part."""


if __name__ == "__main__":
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")
    sys.stdout.write(f"{', '.join(PAGES)}\n")
