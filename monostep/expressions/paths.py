"""JSONPaths: compiled once, read often; and the reference paths that ResultPath writes to.

A *reference path* (names and single indices) is read by a direct getter. What it finds missing is looked into only
then, so the good case pays nothing for the texts of the bad one: each getter is made with a `miss`, which decides
what a miss is for its field (an error, one of AWS's texts, null). Everything else goes through `queries`. Roots: `$`
the effective document, `$$` the context object, `$name` a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.path_syntax import Step, parse_steps
from monostep.expressions.scope import Evaluate, Scope
from monostep.expressions.search import PathError, compile_search, is_definite, not_an_array, not_an_object, single
from monostep.expressions.texts import json_text

__all__ = ["Path", "PathError", "Reference", "compile_path", "compile_reference", "input_path", "usable_path"]

Miss = Callable[[PathError, Any, Scope], Any]
"""(what is missing, effective document, scope) -> the value to use instead, unless it raises."""

ROOT = re.compile(r"\$\$|\$[A-Za-z_]\w*|\$")
MAX_LENGTH = 20_000


def give_up(error: PathError, document: Any, scope: Scope) -> NoReturn:  # noqa: ARG001
    raise error


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `root` is "$", "$$" or "$name"; `definite`, it gives one value at most; `reference`, it consists
    of names and single indices; `evaluate` raises PathError when a definite path finds nothing."""

    text: str
    root: str
    steps: tuple[Step, ...]
    definite: bool
    reference: bool
    evaluate: Evaluate

    def reader(self, miss: Miss) -> Evaluate:
        """Like `evaluate`, except that `miss` answers in place of a PathError."""
        return compile_reader(self.root, self.steps, miss)


@lru_cache(maxsize=8192)
def compile_path(text: str) -> Path:
    """Raises InvalidExpression, with the column, for what Jayway refuses and what does not begin with `$`."""
    if len(text) > MAX_LENGTH:
        raise InvalidExpression(f"A path of more than {MAX_LENGTH:,} characters")
    root = ROOT.match(text)
    if not root:
        raise InvalidExpression("Path must start with '$'", 1)
    steps = parse_steps(text, root.end())
    evaluate = compile_reader(root[0], steps, give_up)
    return Path(text, root[0], steps, is_definite(steps), all(map(is_reference, steps)), evaluate)


def is_reference(step: Step) -> bool:
    """A name or an index; `length()` is a name to AWS, but not one that a reference path may have."""
    return single(step) and not str(step.value[0]).endswith("()")


class Unread(Path):
    """A path with a filter that cannot be read, which AWS finds out when it is used."""

    __slots__ = ()

    def reader(self, miss: Miss) -> Evaluate:  # noqa: ARG002
        return self.evaluate


@lru_cache(maxsize=8192)
def usable_path(text: str) -> Path:
    """Like `compile_path`, but a filter that cannot be read fails only during the run, as on AWS."""
    try:
        return compile_path(text)
    except InvalidExpression as error:
        root = ROOT.match(text)
        if root is None or "[?" not in text or len(text) > MAX_LENGTH:
            raise
        steps = parse_steps(text, root.end())
        cause = f"Invalid path '{text}' : {error}"

    def unread(document: Any, scope: Scope) -> NoReturn:  # noqa: ARG001
        raise EvaluationError("States.Runtime", cause)

    return Unread(text, root[0], steps, False, False, unread)


def input_path(text: str) -> Evaluate:
    """For InputPath, OutputPath, TimeoutSecondsPath and their like: a miss fails with States.Runtime, in AWS's
    words."""

    def invalid(error: PathError, document: Any, scope: Scope) -> NoReturn:  # noqa: ARG001
        raise EvaluationError("States.Runtime", f"Invalid path '{text}' : {error.text}")

    return usable_path(text).reader(invalid)


def compile_reader(root: str, steps: tuple[Step, ...], miss: Miss) -> Evaluate:
    if not all(map(single, steps)):
        return read_query(root, steps, miss)
    keys = tuple(step.value[0] for step in steps)
    if root != "$":
        return read_rooted(root, steps, keys, miss)
    if any(isinstance(key, int) for key in keys):
        return read_mixed(steps, keys, miss)
    return READERS.get(len(keys), read_deep)(steps, keys, miss)


def read_document(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:  # noqa: ARG001
    return lambda document, scope: document  # noqa: ARG005


def read_one(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    (first,) = keys

    def one(document: Any, scope: Scope) -> Any:
        try:
            return document[first]
        except (LookupError, TypeError):
            return miss(explain(steps, document), document, scope)

    return one


def read_two(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    first, second = keys

    def two(document: Any, scope: Scope) -> Any:
        try:
            return document[first][second]
        except (LookupError, TypeError):
            return miss(explain(steps, document), document, scope)

    return two


def read_three(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    first, second, third = keys

    def three(document: Any, scope: Scope) -> Any:
        try:
            return document[first][second][third]
        except (LookupError, TypeError):
            return miss(explain(steps, document), document, scope)

    return three


def read_deep(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    def deep(document: Any, scope: Scope) -> Any:
        value = document
        try:
            for key in keys:
                value = value[key]
        except (LookupError, TypeError):
            return miss(explain(steps, document), document, scope)
        return value

    return deep


READERS = {0: read_document, 1: read_one, 2: read_two, 3: read_three}
"""By number of names."""


def read_mixed(steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    """Names and indices: an index must not reach into a text, which Python would allow."""

    def mixed(document: Any, scope: Scope) -> Any:
        value = document
        try:
            for key in keys:
                if key.__class__ is int and value.__class__ is str:
                    raise TypeError
                value = value[key]
        except (LookupError, TypeError):
            return miss(explain(steps, document), document, scope)
        return value

    return mixed


def read_rooted(root: str, steps: tuple[Step, ...], keys: tuple[Any, ...], miss: Miss) -> Evaluate:
    source = compile_source(root)
    inner = read_mixed(steps, keys, give_up)

    def rooted(document: Any, scope: Scope) -> Any:
        try:
            return inner(source(scope), scope)
        except PathError as error:
            return miss(error, document, scope)

    def context(document: Any, scope: Scope) -> Any:
        value: Any = scope.context
        try:
            for key in keys:
                value = value[key]
        except (LookupError, TypeError):
            return miss(explain(steps, scope.context), document, scope)
        return value

    return rooted if root != "$$" or any(isinstance(key, int) for key in keys) else context


def read_query(root: str, steps: tuple[Step, ...], miss: Miss) -> Evaluate:
    search = compile_search(steps)
    definite = is_definite(steps)
    source = None if root == "$" else compile_source(root)

    def query(document: Any, scope: Scope) -> Any:
        try:
            value = document if source is None else source(scope)
            results = search(value, value)
        except PathError as error:
            return miss(error, document, scope)
        if not definite:
            return results
        return results[-1] if results else miss(explain(steps, value), document, scope)

    return query


def compile_source(root: str) -> Callable[[Scope], Any]:
    if root == "$$":
        return lambda scope: scope.context
    name = root[1:]

    def variable(scope: Scope) -> Any:
        try:
            return scope.variables[name]
        except LookupError:
            raise PathError(f"Variable '{root}' is not defined") from None

    return variable


def explain(steps: tuple[Step, ...], document: Any) -> PathError:
    """Why a definite path finds nothing in the document, in Jayway's words."""
    value, where, past_end = document, "$", False
    for at, step in enumerate(steps):
        if step.kind == "indices":
            if not isinstance(value, list):
                return not_an_array(step, where, value)
            past_end = not -len(value) <= step.value[0] < len(value)
        elif not isinstance(value, dict) and not hasattr(value, "keys"):
            return not_an_object(step, where, value)
        elif step.value[0] not in value and at < len(steps) - 1:
            return PathError(f"Missing property in path {where}['{step.value[0]}']")
        elif step.value[0] not in value:
            break
        if past_end:
            break
        value = value[step.value[0]]
        where += step.text
    return PathError("No results for path: $" + "".join(step.text for step in steps), past_end=past_end)


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in the effective document: ResultPath."""

    text: str
    steps: tuple[Step, ...]
    get: Evaluate

    def read(self, document: Any) -> Any:
        """Raises PathError."""
        return self.get(document, NO_SCOPE)

    def write(self, document: Any, value: Any) -> Any:
        """A document with `value` at this place. Only the objects and arrays on the way are copied; absent objects
        are made. Raises States.ResultPathMatchFailure where something else is in the way, or an index is outside its
        array."""
        if not self.steps:
            return value
        if len(self.steps) == 1 and document.__class__ is dict and self.steps[0].kind == "names":
            return {**document, self.steps[0].value[0]: value}
        return self.graft(document, value)

    def graft(self, document: Any, value: Any) -> Any:
        top: list[Any] = [document]
        parent: Any = top
        key: Any = 0
        for step in self.steps:
            inner = copy_spine(parent[key], step)
            if inner is None:
                cause = f"Unable to apply ReferencePath {self.text} to input {json_text(document)}"
                raise EvaluationError("States.ResultPathMatchFailure", cause)
            parent[key] = inner
            parent, key = inner, step.value[0]
            if inner.__class__ is dict:
                inner.setdefault(key, {})
        parent[key] = value
        return top[0]


def copy_spine(value: Any, step: Step) -> Any:
    """A shallow copy into which the step can write, or None if it cannot."""
    if step.kind == "names":
        return dict(value) if isinstance(value, dict) else None
    index = step.value[0]
    return list(value) if isinstance(value, list) and -len(value) <= index < len(value) else None


class NoScope:
    """For paths that cannot leave their document."""

    context: dict[str, Any] = {}  # noqa: RUF012
    variables: dict[str, Any] = {}  # noqa: RUF012


NO_SCOPE = NoScope()


@lru_cache(maxsize=8192)
def compile_reference(text: str) -> Reference:
    """Raises InvalidExpression for all but a reference path of the effective document."""
    path = compile_path(text)
    if path.root != "$" or not path.reference:
        raise InvalidExpression("Value is not a Reference Path", 1)
    return Reference(text, path.steps, path.evaluate)
