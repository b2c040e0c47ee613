"""Shell completion: words that only this program knows. The shell itself completes files and folders.

The shell runs the program at each press of Tab, so each function imports only what its own answer needs.
"""

from collections.abc import Callable, Iterable, Sequence

from click import Context, Parameter
from click.shell_completion import CompletionItem

Completer = Callable[[Context, Parameter, str], list[CompletionItem]]


def files(_ctx: Context, _param: Parameter, typed: str) -> list[CompletionItem]:
    """The shell completes a file."""
    return [CompletionItem(typed, type="file")]


def folders(_ctx: Context, _param: Parameter, typed: str) -> list[CompletionItem]:
    """The shell completes a folder."""
    return [CompletionItem(typed, type="dir")]


def packs(ctx: Context, param: Parameter, typed: str) -> list[CompletionItem]:
    """The ids of built-in packs that an option adds; files where no id matches."""
    from analyzer.rules.files import BUILT_IN, shipped

    return matching(typed, (name for name in shipped() if name != BUILT_IN)) or files(ctx, param, typed)


def rules(_ctx: Context, _param: Parameter, typed: str) -> list[CompletionItem]:
    """The ids of the rows of the built-in table. The items contain spaces, which not every shell can complete."""
    from analyzer.rules import load_table

    return matching(typed, (rule.id for rule in load_table(()).rules))


def verdicts(_ctx: Context, _param: Parameter, typed: str) -> list[CompletionItem]:
    """The verdicts."""
    from analyzer.values import Verdict

    return matching(typed, Verdict)


def list_of(words: Sequence[str]) -> Completer:
    """Completes the last word of a list with commas by the words that the list does not contain yet."""

    def complete(_ctx: Context, _param: Parameter, typed: str) -> list[CompletionItem]:
        *done, _ = typed.split(",")
        choices = [*words, *(() if done else ("none",))]
        return matching(typed, (",".join([*done, word]) for word in choices if word not in done))

    return complete


def matching(typed: str, words: Iterable[str]) -> list[CompletionItem]:
    """The words that begin with what is typed."""
    return [CompletionItem(word) for word in words if word.startswith(typed)]
