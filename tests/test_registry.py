"""@task: names, signatures, and what a task makes of its input and its result."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monostep import task
from monostep.errors import MarshalError, UnmarshalError, UsageError
from monostep.tasks import registry
from monostep.tasks.registry import Task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / f"{name}.json").read_text())
    return found


class Source:
    """Writes the text of the module `written` and imports it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, text: str, first: str = "") -> ModuleType:
        sys.modules.pop("written", None)
        (self.folder / "written.py").write_text(f"{first}from monostep import task\n{text}")
        importlib.invalidate_caches()
        return importlib.import_module("written")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Source(tmp_path)
    sys.modules.pop("written", None)


def only(source: Source, text: str, first: str = "") -> Task:
    source(text, first)
    (found,) = registry.tasks("written").values()
    return found


def test_a_task_has_its_functions_name_or_another(source: Source) -> None:
    source("@task\ndef One(x): ...\n@task('Number Two')\ndef two(x): ...\n")
    assert list(registry.tasks("written")) == ["One", "Number Two"]
    assert [one.function.__name__ for one in registry.tasks("written").values()] == ["One", "two"]
    assert registry.tasks("nowhere") == {}


def test_a_decorated_function_stays_a_plain_function(source: Source) -> None:
    module = source("@task\ndef Double(x): return 2 * x\n@task('Other')\ndef other(x): return x\n")
    assert (module.Double(4), module.other(1)) == (8, 1)


def test_a_module_has_one_default_task(source: Source) -> None:
    source("@task\ndef One(x): ...\n@task.default\ndef other(event): return event\n")
    found = registry.default("written")
    assert found is not None
    assert found.call([1]) == [1]
    assert registry.default("nowhere") is None
    assert list(registry.tasks("written")) == ["One"]


def test_a_module_imported_afresh_begins_anew(source: Source) -> None:
    source("@task\ndef Old(x): ...\n")
    source("\n\n@task\ndef New(x): ...\n")
    assert list(registry.tasks("written")) == ["New"]


@pytest.mark.parametrize("case", cases("signatures"), ids=itemgetter("source"))
def test_what_cannot_be_a_task_stops_the_import(source: Source, case: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        source(case["source"])
    assert str(caught.value) == case["message"]


@pytest.mark.parametrize("length", [80, 81])
def test_a_name_is_as_long_as_a_states(source: Source, length: int) -> None:
    text = f"@task('{'x' * length}')\ndef a(x): ..."
    if length > registry.NAME_LIMIT:
        with pytest.raises(UsageError, match="80 printable"):
            source(text)
    else:
        assert only(source, text).name == "x" * 80


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("@task\ndef A(x): return [x]", ["in"]),
        ("@task\ndef A(x, context): return [x, context]", ["in", "context"]),
        ("@task\ndef A(x, context=None): return [x, context]", ["in", "context"]),
        ("@task\ndef A(x, /, context=None, extra=2): return [x, context, extra]", ["in", "context", 2]),
        ("@task\ndef A(x, *, retries=3): return [x, retries]", ["in", 3]),
        ("@task\ndef A(x=None, *rest, **more): return [x, rest, more]", ["in", [], {}]),
        ("@task\nasync def A(x, context): return [x, context]", ["in", "context"]),
    ],
)
def test_a_function_gets_its_input_and_the_context_if_it_asks(source: Source, text: str, result: object) -> None:
    assert only(source, text).call("in", "context") == result


WRAPPED = """
import functools
def plus(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return [function(*args, **kwargs), len(args)]
    return wrapper

@task
@plus
def A(x: int{context}):
    return x
"""


def test_a_decorator_that_passes_everything_on_is_seen_through(source: Source) -> None:
    assert only(source, WRAPPED.format(context="")).call(1) == [1, 1]
    wanting = only(source, WRAPPED.format(context=", context"))
    assert wanting.call(1) == [1, 2]
    assert wanting.location == "written:10"
    with pytest.raises(UnmarshalError, match="Input should be an integer, not a string"):
        wanting.call("1")


FUTURE = "from __future__ import annotations\n"
TYPED = """
import datetime
import typing
from typing import Any, Optional, Literal
import pydantic
class Order(pydantic.BaseModel):
    amount: int
Alias = dict[str, list[int]]
"""


@pytest.mark.parametrize("future", ["", FUTURE], ids=["types", "text"])
@pytest.mark.parametrize("case", cases("annotations"), ids=itemgetter("annotation"))
def test_an_annotation_is_a_check(source: Source, future: str, case: dict[str, Any]) -> None:
    found = only(source, TYPED + f"@task\ndef A(x: {case['annotation']}): return repr(x)", future)
    assert isinstance(found.call(case["good"]), str)
    with pytest.raises(UnmarshalError) as caught:
        found.call(case["bad"])
    assert str(caught.value).startswith(case["message"])


def test_an_annotation_nobody_can_read_names_its_task(source: Source) -> None:
    found = only(source, "class Odd: ...\n@task\ndef A(x: Odd): ...")
    with pytest.raises(UsageError, match=r"task A \(written:3\) wants <class 'written.Odd'>"):
        found.call({})
    found = only(source, "@task\ndef A(x: 'Missing'): ...")
    with pytest.raises(UsageError, match=r"task A \(written:2\) wants 'Missing', but name 'Missing' is not defined"):
        found.call({})


def test_a_signature_reads_as_its_source(source: Source) -> None:
    assert only(source, TYPED + "@task\ndef A(x: Order, context=None) -> list[Order]: ...").signature == (
        "(x: Order, context=None) -> list[Order]"
    )
    assert only(source, TYPED + "@task\ndef A(x: 'dict[str, Any]') -> 'Order | None': ...").signature == (
        "(x: dict[str, Any]) -> Order | None"
    )
    assert only(source, "@task\ndef A(x): ...").signature == "(x)"


@task("same value")
def _same(value: object) -> object:
    return value


@given(JSON)
def test_plain_json_passes_through_untouched(value: Any) -> None:
    assert registry.tasks(__name__)["same value"].call(value) is value


@given(st.recursive(st.floats() | st.text() | st.binary() | st.dates(), lambda inner: st.lists(inner, min_size=1)))
def test_a_result_is_json_or_a_marshal_error(value: object) -> None:
    echo = registry.tasks(__name__)["same value"]
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        with pytest.raises(MarshalError):
            echo.call(value)
    else:
        assert json.loads(text) == echo.call(value)
