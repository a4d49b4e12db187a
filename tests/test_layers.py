"""Imports go one way: this table says which way, and the test that nothing goes another."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "monostep"

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "documents": {"errors"},
    "tasks": {"errors"},
    "expressions": {"errors"},
    "language": {"errors", "expressions"},
    "engine": {"errors", "documents", "expressions", "language"},
    "calls": {"errors", "documents", "tasks"},
    "local": {"errors"},
    "build": {"errors", "tasks", "language"},
    "definition": {"errors", "language", "build"},
    "workflow": {"errors", "documents", "tasks", "calls", "language", "engine", "definition"},
    "stack": {"errors", "tasks", "calls", "language", "definition", "workflow"},
    "teststate": {"errors", "documents", "language", "engine", "workflow"},
}
ORDER: dict[str, tuple[str, ...]] = {
    "engine": (
        "choices clock history identity limits outcomes pool",
        "frame",
        "context flow program retry",
        "generated numbers passage run",
        "execution fanout tasks waiting",
        "compile",
    ),
}
"""Modules of a package, row by row: each imports only from the rows above its own, TYPE_CHECKING included."""
BELOW_THE_STATES = {"clock", "context", "frame", "history", "identity", "limits", "outcomes", "pool", "program"}
"""All that engine.run imports of the engine: it and the states meet only at the frame."""
CIRCLES = {("build.fields", "build.states"), ("expressions.filters", "expressions.search")}
"""Modules that import each other, still."""
TOP = {"verbs", "deploy", "__main__", "__init__"}
"""On top: may import anything of ours."""
USER_CODE = {"workflow", "tasks"}
"""The only places that import tasks by name."""


def layer(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def runtime_imports(tree: ast.AST) -> Iterator[str]:
    """Modules of ours that a file imports, TYPE_CHECKING blocks apart."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "monostep":
            parts = node.module.split(".")
            yield from ([parts[1]] if len(parts) > 1 else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("monostep."))
        yield from runtime_imports(node)


FILES = sorted(LIBRARY.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_what_its_layer_may(path: Path) -> None:
    own = layer(path)
    if own in TOP:
        return
    assert own in ALLOWED, f"{own} is not in the table: say what it may import"
    strangers = set(runtime_imports(ast.parse(path.read_text("utf-8")))) - ALLOWED[own] - {own}
    assert not strangers


def test_the_table_has_no_cycles() -> None:
    done: set[str] = set()
    left = dict(ALLOWED)
    while left:
        ready = [name for name, below in left.items() if below <= done]
        assert ready, f"a cycle among {sorted(left)}"
        done |= set(ready)
        left = {name: below for name, below in left.items() if name not in done}


def test_the_table_names_only_what_exists() -> None:
    assert set(ALLOWED) <= {layer(path) for path in FILES}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in FILES}


def modules_imported(path: Path) -> set[str]:
    """Modules of ours that a file names in an import, wherever it stands in it, TYPE_CHECKING blocks included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "monostep":
            inside = (node.module or "").partition(".")[2]
            longer = {f"{inside}.{alias.name}".removeprefix(".") for alias in node.names}
            names |= (longer & MODULES.keys()) or {inside}
        elif isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("monostep.")}
    return (names & MODULES.keys()) - {name_of(path)}


def circle(graph: dict[str, set[str]]) -> tuple[str, ...]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(sorted(set(error.args[1])))
    return ()


def test_no_files_import_each_other_but_those_named() -> None:
    graph = {name: modules_imported(path) for name, path in MODULES.items()}
    circles = set()
    while names := circle(graph):
        circles.add(names)
        graph = {name: below if name not in names else below.difference(names) for name, below in graph.items()}
    assert circles == CIRCLES


@pytest.mark.parametrize("package", ORDER)
def test_a_packages_modules_import_only_what_stands_above_them(package: str) -> None:
    above: set[str] = set()
    for row in ORDER[package]:
        for module in row.split():
            siblings = {name for name in modules_imported(MODULES[f"{package}.{module}"]) if name.startswith(package)}
            assert siblings <= above, module
        above |= {f"{package}.{module}" for module in row.split()}
    assert above | {package} == {name for name in MODULES if name.split(".")[0] == package}


def test_a_run_and_the_states_meet_only_at_the_frame() -> None:
    modules = {name for name in modules_imported(MODULES["engine.run"]) if name.startswith("engine")}
    assert modules == {f"engine.{module}" for module in BELOW_THE_STATES}


def test_user_code_is_imported_by_name_in_two_places_only() -> None:
    naming = {layer(path) for path in FILES if '"handler.tasks"' in path.read_text("utf-8")}
    assert naming == USER_CODE


def test_packages_have_three_files() -> None:
    for package in (path for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"):
        assert len([path for path in package.glob("*.py") if path.name != "__init__.py"]) >= 2, package.name
