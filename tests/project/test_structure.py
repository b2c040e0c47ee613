"""Rules for the structure of the package that import-linter does not check."""

import ast
import io
import re
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.kernel import loading
from tests.program import ROOT

PACKAGE = ROOT / "analyzer"


def modules() -> Iterator[tuple[str, Path]]:
    """(dotted name, file) of every module of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_flows_reads_records_by_slot() -> None:
    outside = [
        (module, name)
        for module, path in modules()
        if not module.startswith("analyzer.flows.")
        for name in imports(path)
        if name.startswith("analyzer.flows.kernel")
    ]
    assert outside == []


def test_kernels_are_compiled_with_nothing_but_kernels() -> None:
    """Their cache's key is the text of these folders, so nothing else may be compiled into them."""
    rooms = ("analyzer.kernel", "analyzer.capture.kernel", "analyzer.flows.kernel")
    taken = [
        (module, name)
        for module, path in modules()
        if module.startswith(rooms[1:])
        for name in imports(path)
        if name.startswith("analyzer.") and not name.startswith(rooms)
    ]
    assert taken == []


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, for which the name of the kernels' cache folder is made."""
    copied = tmp_path / "analyzer"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__", "templates"))
    monkeypatch.setattr(loading, "__file__", str(copied / "kernel" / "loading.py"))
    return copied


@pytest.mark.parametrize(
    ("changed", "anew"),
    [
        ("capture/frame.py", False),
        ("capture/recognition.py", False),
        ("capture/sources/window.py", False),
        ("flows/table.py", False),
        ("flows/conn_state.py", False),
        ("capture/kernel/frame_slots.py", True),
        ("capture/kernel/ip.py", True),
        ("flows/kernel/record.py", True),
        ("flows/kernel/tcp.py", True),
        ("kernel/intrinsics.py", True),
    ],
)
def test_what_makes_kernels_compile_anew(copy: Path, changed: str, anew: bool) -> None:
    before = loading.cache_folder()
    with (copy / changed).open("a", encoding="utf-8") as file:
        file.write("# another sentence\n")
    assert (loading.cache_folder() != before) == anew


PRIVATE_WORDS = frozenset(
    {
        "told", "tell", "tells", "teller", "telling", "whose", "who", "whoever", "alike", "alone", "crew", "hearing",
        "hears", "heard", "likeness", "sight", "sees", "looks", "halves", "cards", "holders", "tenant", "tenants",
        "wish", "lack", "deed", "turned", "mend", "ways", "pace", "together",
    }
)  # fmt: skip
"""Words that names of the code do not use: the field has a noun or a verb for what each of them was used for."""

MOST_LINES_OF_A_MODULE, MOST_LINES_OF_A_FUNCTION = 300, 60

LONG_MODULES = {
    "analyzer.api.run": "the public interface of a run: mostly docstrings, which the documentation prints",
    "analyzer.report.meta": "the models of the document: mostly docstrings, which the JSON Schema prints",
}
"""Modules that are longer, and why."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions that are longer, by module and name, and why."""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


FILE_METHODS = frozenset({"tell"})
"""Names of Python's own methods that are private words."""


def identifiers(tree: ast.Module) -> Iterator[str]:
    """The names of functions, classes, parameters, variables and attributes, wherever they are written."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Attribute(attr=name) if name in FILE_METHODS:
                pass
            case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.alias(asname=str(name)):
                yield name


def words_of(name: str) -> list[str]:
    """``both_Ways`` and ``bothWays`` are ``both`` and ``ways``."""
    return [word.lower() for word in re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name)]


def private_names(module: str, tree: ast.Module) -> list[str]:
    names = {*module.split("."), *identifiers(tree)}
    return sorted(name for name in names if not PRIVATE_WORDS.isdisjoint(words_of(name)))


def test_names_are_made_of_words_of_the_field() -> None:
    others = [
        path for room in ("tests", "benchmarks", "docs", "sample_pcaps") for path in sorted((ROOT / room).rglob("*.py"))
    ]
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in others} | dict(modules())
    found = {module: names for module, path in named.items() if (names := private_names(module, tree_of(path)))}
    assert found == {}


def test_private_words_are_found_in_every_kind_of_name() -> None:
    tree = ast.parse(
        "import os as told\ndef who(crew, *, hears=1): x.halves = wish\nclass TellerOf: pace: int\nf(looks=1)\n"
        "def plain(told_by): pass\nfor whose, _ in both_ways: pass\nstory = 'told'  # told\n"
    )
    assert private_names("analyzer.sight", tree) == [
        *("TellerOf", "both_ways", "crew", "halves", "hears", "looks", "pace", "sight", "told", "told_by", "who"),
        *("whose", "wish"),
    ]


def test_a_class_name_has_one_meaning() -> None:
    homes: dict[str, list[str]] = {}
    for module, path in modules():
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module)
    double = {name: found for name, found in homes.items() if len(found) > 1}
    assert double == {}


def test_modules_are_short_or_have_a_reason() -> None:
    long = {
        module for module, path in modules() if path.read_text(encoding="utf-8").count("\n") > MOST_LINES_OF_A_MODULE
    }
    assert long == set(LONG_MODULES)
    assert all(LONG_MODULES.values())


def test_functions_are_short_or_have_a_reason() -> None:
    long = {
        f"{module}.{node.name}"
        for module, path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS)
    assert all(LONG_FUNCTIONS.values())


SWITCHED_OFF = re.compile(r"#\s*(noqa|type:\s*ignore)\b(?P<rest>.*)")
WITH_REASON = re.compile(r"(: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* - \S|\[[a-z-]+(, ?[a-z-]+)*\]  # \S)")


def without_reason(source: str) -> list[str]:
    """The comments that switch a rule off and give no reason, or no rule."""
    comments = (
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    return [
        comment
        for comment in comments
        if (found := SWITCHED_OFF.match(comment)) and not WITH_REASON.match(found["rest"])
    ]


def test_a_rule_is_switched_off_with_a_reason() -> None:
    found = {
        module: comments for module, path in modules() if (comments := without_reason(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("comment", "fine"),
    [
        ("# noqa: PLC0415 - numba takes half a second to import", True),
        ("# noqa: PLR0913, PLR0917 - an argument for each option", True),
        ("# type: ignore[misc]  # pyshark has no types", True),
        ("# noqa: PLC0415", False),
        ("# noqa", False),
        ("# type: ignore", False),
        ("# type: ignore[misc]", False),
        ("# noqa: PLC0415 -", False),
    ],
)
def test_codes_need_a_reason(comment: str, fine: bool) -> None:
    assert (without_reason(f"x = 1  {comment}\n") == []) == fine
