"""What a shell may complete: words that only this program knows; files and folders it finds itself.

Imports what a question needs when it is asked: the shell asks at every press of a key.
"""

from collections.abc import Iterable

from click import Context, Parameter
from click.shell_completion import CompletionItem


def files(_ctx: Context, _param: Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(begun, type="file")]


def folders(_ctx: Context, _param: Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(begun, type="dir")]


def packs(ctx: Context, param: Parameter, begun: str) -> list[CompletionItem]:
    """Ids of shipped packs, else files."""
    from analyzer.rules.files import BUILT_IN, shipped  # noqa: PLC0415

    return beginning(begun, (name for name in shipped() if name != BUILT_IN)) or files(ctx, param, begun)


def rules(_ctx: Context, _param: Parameter, begun: str) -> list[CompletionItem]:
    """Ids of the built-in table's rows. Its items hold spaces, which not every shell gets through."""
    from analyzer.rules import load_table  # noqa: PLC0415

    return beginning(begun, (rule.id for rule in load_table(()).rules))


def verdicts(_ctx: Context, _param: Parameter, begun: str) -> list[CompletionItem]:
    from analyzer.values import Verdict  # noqa: PLC0415

    return beginning(begun, Verdict)


def formats(_ctx: Context, _param: Parameter, begun: str) -> list[CompletionItem]:
    from analyzer.render import FORMATS  # noqa: PLC0415

    return beginning(begun, FORMATS)


def beginning(begun: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(begun)]
