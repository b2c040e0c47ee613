"""The page of the Python interface: every public name as it is written, with its docstring."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

import analyzer
from analyzer.errors import AnalyzerError
from docs.markdown import page, prose, table

SECTIONS = {"Args": "Arguments", **{name: name for name in ("Attributes", "Columns", "Raises", "Returns", "Yields")}}
WIDTH = 88
"""Longer signatures are written on several lines."""

EXAMPLE = """Everything that the command does is there in Python. A run shows itself as a small page in a notebook, and
as text elsewhere; its tables are pandas tables, its charts matplotlib figures. Control characters in their texts are
written as escapes, as in flows.csv; `run.report` has the texts as they were found.

```python
import analyzer

run = analyzer.analyze("captures", site="site.yaml")
print(run)
run.findings[["verdict", "reason", "orig_h", "resp_h", "service"]]
run.flows.groupby("verdict", observed=True)["orig_bytes"].sum()
run.plot.timeline()
```

From a finding to why it is one, and to its packets, which pyshark has:

```python
finding = run.findings.query("reason == 'client-port'").iloc[0]
print(run.explain(finding))
packets = run.packets(finding)
packets[0].sniff_time, packets[0].tcp.flags
```

Judged again with another table or profile, the captures are not read again. What is saved is the report folder that the
command writes, and can be loaded where the captures are not.

```python
again = run.judge(rules="my-rows.yaml")
again.flows["verdict"].value_counts()
again.save("again")
analyzer.load("again").rows.query("status == 'blocked'")
```"""

Definition = ast.FunctionDef | ast.ClassDef


def interface(note: str) -> str:
    """The page, with a note on how it is made."""
    values = [getattr(analyzer, name) for name in analyzer.__all__ if not name.startswith("_")]
    errors = [value for value in values if inspect.isclass(value) and issubclass(value, AnalyzerError)]
    classes = [value for value in values if inspect.isclass(value) and value not in errors]
    given = [value for known in classes for value in gives(known) if value not in values]
    titled = {
        "Functions": filter(inspect.isfunction, values),
        "Classes": classes,
        "What they give": dict.fromkeys(given),
    }
    parts = ["# The Python interface", note, EXAMPLE]
    for title, group in titled.items():
        observed = [part for value in group for part in public(value)]
        parts += [f"## {title}", *observed] if observed else []
    names = sorted(set(types([value for value in values if value not in errors])))
    parts += ["## Types", table(("in a signature", "stands for"), names)] if names else []
    return page(*parts, "## Errors", exceptions(errors))


def gives(value: type) -> Iterator[type]:
    """The package's own classes that a class's methods and properties return."""
    for child in methods(source(value)):
        returned = known_as(written(child.returns), home(value))
        if inspect.isclass(returned) and returned.__module__.startswith("analyzer."):
            yield returned


def known_as(name: str, module: ModuleType) -> Any:
    """The value of a name in a module, also if it is imported only for types; None if it is unknown."""
    for line in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(line, ast.ImportFrom) and line.module and name in [alias.name for alias in line.names]:
            return getattr(import_module(line.module), name)
    return getattr(module, name, None)


def types(values: list[Any]) -> Iterator[tuple[str, str]]:
    """The names of types in the signatures that stand for others: what they stand for."""
    for value in values:
        definition, module = source(value), home(value)
        functions = methods(definition) if isinstance(definition, ast.ClassDef) else [definition]
        for function in functions:
            for part in ast.walk(function.args):
                if isinstance(part, ast.Name) and (stands_for := alias(part.id, module)):
                    yield f"`{part.id}`", f"`{stands_for}`"


def alias(name: str, module: ModuleType) -> str:
    """The definition of a type alias, in this module or the one it is imported from; empty for a class or a value."""
    for line in ast.parse(inspect.getsource(module)).body:
        if isinstance(line, ast.ImportFrom) and line.module and name in [each.name for each in line.names]:
            known = import_module(line.module)
            return alias(name, known) if known.__name__.startswith("analyzer.") else ""
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name and not name.isupper():
            return ast.unparse(line.value)
    return ""


def exceptions(errors: list[type[AnalyzerError]]) -> str:
    """The errors: what each is one of, the exit code of the command, what it means."""
    lines = [
        (
            f"`{error.__name__}`",
            f"`{error.__base__.__name__}`",
            str(error.exit_code),
            prose(inspect.getdoc(error) or ""),
        )
        for error in errors
        if error.__base__ is not None
    ]
    return table(("error", "is a", "exit code", "means"), lines)


def public(value: Any) -> Iterator[str]:
    """A function, or a class with what it has."""
    definition = source(value)
    yield f"### {value.__name__}"
    if isinstance(definition, ast.FunctionDef):
        yield signature(definition, home(value))
    yield documented(inspect.getdoc(value))
    if isinstance(definition, ast.ClassDef):
        lines = list(fields(definition))
        observed = any(said for _, _, said in lines)
        yield table(("field", "type", "holds")[: 2 + observed], [line[: 2 + observed] for line in lines])
        for child in methods(definition):
            yield from member(value, child)


def member(owner: type, function: ast.FunctionDef) -> Iterator[str]:
    """A method, or a property, of a class."""
    yield f"#### {owner.__name__}.{function.name}"
    if any(ast.unparse(decorator).endswith("property") for decorator in function.decorator_list):
        yield f"A `{written(function.returns)}`."
    else:
        yield signature(function, home(owner))
    yield documented(inspect.getdoc(getattr(owner, function.name)))


def methods(definition: Definition) -> Iterator[ast.FunctionDef]:
    """The public methods and properties of a class."""
    for child in definition.body:
        if isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
            yield child


def source(value: Any) -> Definition:
    """The definition as it was written: a signature out of a running Python differs from version to version."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    assert isinstance(definition, Definition)
    return definition


def fields(definition: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """The public fields of a class: name, type, and the text under it."""
    for line, after in pairwise([*definition.body, ast.Pass()]):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and not line.target.id.startswith("_"):
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield (
                f"`{line.target.id}`",
                f"`{ast.unparse(line.annotation)}`",
                prose(said) if isinstance(said, str) else "",
            )


def home(value: Any) -> ModuleType:
    """The module that a function or class is defined in."""
    return sys.modules[value.__module__]


def signature(function: ast.FunctionDef, module: ModuleType) -> str:
    """A function's first line, its arguments each on a line of its own where they are many."""
    given = list(arguments(function.args, module))
    returns = f" -> {written(function.returns)}" if function.returns else ""
    line = f"def {function.name}({', '.join(given)}){returns}: ..."
    if len(line) > WIDTH:
        line = f"def {function.name}(\n" + "".join(f"    {argument},\n" for argument in given) + f"){returns}: ..."
    # As ruff writes empty texts, in documents too.
    return f"```py\n{line}\n```".replace("''", '""')


def arguments(given: ast.arguments, module: ModuleType) -> Iterator[str]:
    """The arguments of a function or method, one by one."""
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    for argument, default in zip(plain, [*defaults, *given.defaults], strict=True):
        if argument.arg != "self":
            yield spelled_out(argument, default, module)
    if given.vararg or given.kwonlyargs:
        yield f"*{ast.unparse(given.vararg)}" if given.vararg else "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield spelled_out(argument, default, module)
    if given.kwarg:
        yield f"**{ast.unparse(given.kwarg)}"


def spelled_out(argument: ast.arg, default: ast.expr | None, module: ModuleType) -> str:
    """An argument with its type and what it is without being given: a constant's value, not its name."""
    kind = f": {written(argument.annotation)}" if argument.annotation else ""
    if default is None:
        return argument.arg + kind
    name, *rest = ast.unparse(default).split(".")
    value = reduce(lambda found, step: getattr(found, step, None), rest, known_as(name, module) if name else None)
    return f"{argument.arg}{kind} = {value if isinstance(value, int | float) else ast.unparse(default)}"


def written(annotation: ast.expr | None) -> str:
    """A type as it is written, without the quotes of one that is known later."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation) if annotation else ""


def documented(text: str | None) -> str:
    """A docstring as Markdown: paragraphs, and its sections as lists."""
    parts = []
    for paragraph in (text or "").split("\n\n"):
        head, _, rest = paragraph.partition("\n")
        if head.rstrip(":") in SECTIONS and head.endswith(":"):
            parts.append(f"{SECTIONS[head.rstrip(':')]}:\n\n{entries(rest)}")
        elif paragraph.startswith("    "):
            parts.append(f"```text\n{textwrap.dedent(paragraph)}\n```")
        else:
            parts.append(prose(paragraph))
    return "\n\n".join(parts)


def entries(text: str) -> str:
    """The lines of a section: a name, a colon and its description; or a sentence. Columns have a type as well."""
    items = re.sub(r"\n\s{2,}", " ", textwrap.dedent(text)).splitlines()
    columns = [re.fullmatch(r"(\w+) \((.*?)\): (.*)", item) for item in items]
    if all(columns):
        observed = [(f"`{found[1]}`", f"`{found[2]}`", prose(found[3])) for found in columns if found]
        return table(("column", "type", "holds"), observed)
    listed = [re.sub(r"^([\w*]+(?:, \w+)*): ", lambda found: f"`{found[1]}`: ", prose(item)) for item in items]
    return "\n".join(f"- {item}" for item in listed)
