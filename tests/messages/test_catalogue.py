"""The catalogue of sentences: every message that the package makes has an entry, and every entry is made somewhere."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.messages import FlowColumn, Message, as_data, from_data, message
from analyzer.messages.english import SENTENCES
from tests.program import ROOT

ENGLISH = ROOT / "analyzer" / "messages" / "english"
PRODUCERS = ("message", "info", "warning", "MessageColumn")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EXPANDED = {"place": {"octet", "frame", "compression"}, "counts": {"done", "frames"}}
"""Values that are given together: ``**window.place()``, ``**counts``."""


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    paths = sorted((ROOT / "analyzer").rglob("*.py"))
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def codes_of(call: ast.Call) -> list[str]:
    """The codes that a call may make a message of, as far as they are written there."""
    if not call.args or not isinstance(call.func, ast.Name) or call.func.id not in PRODUCERS:
        return []
    first = call.args[0]
    parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [text for text in texts if CODE.fullmatch(text)]


def names_of(call: ast.Call) -> set[str] | None:
    """The names of the values that a call gives; None if they are not written there."""
    names: set[str] = set()
    for argument in [*call.args[2:], *(keyword.value for keyword in call.keywords if keyword.arg == "values")]:
        if not isinstance(argument, ast.Dict):
            return None
        names |= {str(key.value) for key in argument.keys if isinstance(key, ast.Constant)}
    for keyword in call.keywords:
        if keyword.arg is None:
            whole = keyword.value.func if isinstance(keyword.value, ast.Call) else keyword.value
            name = whole.attr if isinstance(whole, ast.Attribute) else ast.unparse(whole)
            if name not in EXPANDED:
                return None
            names |= EXPANDED[name]
        else:
            names.add(keyword.arg)
    return names


@cache
def produced() -> dict[str, list[tuple[Path, set[str] | None]]]:
    """Code -> where it is made, and with which values."""
    found: dict[str, list[tuple[Path, set[str] | None]]] = defaultdict(list)
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for code in codes_of(node):
                    found[code].append((path, names_of(node)))
    return found


def texts_outside_the_catalogue() -> set[str]:
    return {
        node.value
        for path, tree in modules()
        if ENGLISH not in path.parents
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


class Reads:
    """Which values the functions of a module of the catalogue read."""

    def __init__(self, tree: ast.Module) -> None:
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def of(self, node: ast.AST) -> set[str]:
        """``values["name"]`` in a function or lambda, and in the functions of the module that it gives ``values``."""
        if isinstance(node, ast.Name):
            return self.of(self.functions[node.id])
        found, optional = set[str](), set[str]()
        for part in ast.walk(node):
            if isinstance(part, ast.Compare) and ast.unparse(part.comparators[0]) == "values":
                optional |= {str(part.left.value)} if isinstance(part.left, ast.Constant) else set()
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "values":
                found |= {str(part.slice.value)} if isinstance(part.slice, ast.Constant) else set()
            if isinstance(part, ast.Call) and any(ast.unparse(one) == "values" for one in part.args):
                found |= self.of(part.func) if ast.unparse(part.func) in self.functions else set()
        return found - optional


@cache
def read_by_entries() -> dict[str, set[str]]:
    """Code -> the values that its entry reads."""
    found: dict[str, set[str]] = {}
    for path in sorted(ENGLISH.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        reads = Reads(tree)
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "SENTENCES" and node.value:
                assert isinstance(node.value, ast.Dict)
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    if isinstance(key, ast.Constant):
                        template = SENTENCES[str(key.value)]
                        found[str(key.value)] = (
                            {str(name) for _, name, _, _ in Formatter().parse(template) if name}
                            if isinstance(template, str)
                            else reads.of(value)
                        )
    return found


def test_every_message_has_an_entry() -> None:
    assert sorted(set(produced()) - set(SENTENCES)) == []


def beginnings_outside_the_catalogue() -> tuple[str, ...]:
    """How codes begin that are put together: ``f"satisfies-{status}"``."""
    return tuple(
        node.values[0].value
        for path, tree in modules()
        if ENGLISH not in path.parents
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2
        if isinstance(node.values[0], ast.Constant) and isinstance(node.values[0].value, str)
        if re.fullmatch(r"([a-z]+-)+", node.values[0].value)
    )


def test_every_entry_is_made_somewhere() -> None:
    left = set(SENTENCES) - texts_outside_the_catalogue()
    assert sorted(code for code in left if not code.startswith(beginnings_outside_the_catalogue())) == []


def test_no_code_is_in_two_parts_of_the_catalogue() -> None:
    assert len(read_by_entries()) == len(SENTENCES)
    keys = [
        key.value
        for path in ENGLISH.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
        if ast.unparse(node.target) == "SENTENCES"
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("code", sorted(read_by_entries()))
def test_an_entry_reads_only_values_that_are_given(code: str) -> None:
    wanted = read_by_entries()[code]
    for path, given_names in produced()[code]:
        if given_names is not None:
            assert wanted <= given_names, f"{path}: {code} reads {sorted(wanted - given_names)}, which is not given"


values = st.recursive(
    st.text() | st.integers() | st.builds(FlowColumn, st.text()),
    lambda inner: (
        st.builds(tuple, st.lists(inner, max_size=3))
        | st.builds(
            lambda code, given_values: message(code, **given_values),
            st.text(),
            st.dictionaries(
                st.from_regex(r"[a-z]\w{0,5}", fullmatch=True).filter(lambda name: name != "code"), inner, max_size=3
            ),
        )
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_a_value_is_the_same_after_it_was_saved(value: Message) -> None:
    assert from_data(as_data(value)) == value
