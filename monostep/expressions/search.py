"""Evaluate the steps of any path as Jayway does: wildcards, slices, unions, filters, descent.

Each step is compiled to a closure that hands what it selects to the next one; the last one collects. A path is
*definite* when it can give one value at most; Jayway reports what is missing only while everything before is
definite, so where a message needs the path so far, that is known at compile time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.java import java_text
from monostep.expressions.path_syntax import MAX_STEPS, Step

MAX_VISITS = 1_000_000
"""What a path may look at: `$[0,0][0,0]…` doubles with every step, `$..*..*` squares."""


class Found:
    """The results so far, and how many values were looked at for them."""

    __slots__ = ("values", "visits")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.visits = 0

    def visit(self) -> None:
        self.visits += 1
        if self.visits > MAX_VISITS:
            raise EvaluationError("States.Runtime", f"The path looks at more than {MAX_VISITS:,} values")


Walk = Callable[[Any, Found, Any], None]
"""(value, results, root document): adds what the rest of the path selects in `value`."""

Search = Callable[[Any, Any], list[Any]]
"""(value, root document) -> what the path selects, in Jayway's order. May raise PathError."""

JSON_CLASSES = {str: "java.lang.String", bool: "java.lang.Boolean", int: "java.lang.Integer", float: "java.lang.Double"}
PROVIDER = "com.jayway.jsonpath.spi.json.JsonSmartJsonProvider"


class PathError(LookupError):
    """A path finds nothing. `str()` is Jayway's text; `past_end` tells an index outside its array from all else."""

    def __init__(self, text: str, *, past_end: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.past_end = past_end


def is_definite(steps: Sequence[Step]) -> bool:
    """Several names at the end merge into one object; anywhere else they are several results."""
    return all(single(step) for step in steps[:-1]) and all(single(step) or step.kind == "names" for step in steps[-1:])


def single(step: Step) -> bool:
    return step.kind in ("names", "indices") and len(step.value) == 1


def not_an_object(step: Step, where: str, value: Any) -> PathError:
    found = "null" if value is None else JSON_CLASSES.get(type(value), "net.minidev.json.JSONArray")
    return PathError(
        f"Expected to find an object with property {step.text} in path {where} but found '{found}'. "
        f"This is not a json object according to the JsonProvider: '{PROVIDER}'."
    )


def not_an_array(step: Step, where: str, value: Any) -> PathError:
    if value is None:
        return PathError(f"The path {where} is null")
    return PathError(f"Filter: {step.text} can only be applied to arrays. Current context is: {java_text(value)}")


def compile_search(steps: Sequence[Step], *, levels: int = 0) -> Search:
    """`levels` are those already used by what encloses the path: nested filters share one budget of MAX_STEPS.

    Raises InvalidExpression beyond that, and for a filter that does not parse.
    """
    levels += len(steps)
    if levels > MAX_STEPS:
        raise InvalidExpression(f"The path has more than {MAX_STEPS} steps")
    walk: Walk = collect
    for at in range(len(steps) - 1, -1, -1):
        last = at == len(steps) - 1
        if at and steps[at - 1].kind == "scan":
            following = walk
            walk = compile_step(steps[at], following, None, last, levels)
            walk = descend(steps[at], walk, levels)
        elif steps[at].kind != "scan":
            sure = "$" + "".join(step.text for step in steps[:at]) if all(map(single, steps[:at])) else None
            walk = compile_step(steps[at], walk, sure, last, levels)

    def search(value: Any, root: Any) -> list[Any]:
        results = Found()
        walk(value, results, root)
        return results.values

    return search


def collect(value: Any, results: Found, root: Any) -> None:  # noqa: ARG001
    results.values.append(value)


def compile_step(step: Step, walk: Walk, sure: str | None, last: bool, levels: int) -> Walk:
    """`sure` is the path so far while that is definite: only then is anything missing an error."""
    if step.kind == "names":
        if len(step.value) == 1:
            return walk_name(step, walk, sure, last)
        return walk_merged(step, walk, sure) if last else walk_names(step, walk, sure)
    if step.kind == "all":
        return walk_all(walk)
    if step.kind == "filter":
        return walk_filter(step, walk, sure, levels)
    return walk_array(step, walk, sure)


def walk_name(step: Step, walk: Walk, sure: str | None, last: bool) -> Walk:
    name = step.value[0]

    def one(value: Any, results: Found, root: Any) -> None:
        if not isinstance(value, dict):
            if sure is not None:
                raise not_an_object(step, sure, value)
        elif name in value:
            walk(value[name], results, root)
        elif sure is not None and not last:
            raise PathError(f"Missing property in path {sure}['{name}']")

    return one


def walk_names(step: Step, walk: Walk, sure: str | None) -> Walk:
    def each(value: Any, results: Found, root: Any) -> None:
        if isinstance(value, dict):
            for name in step.value:
                if name in value:
                    results.visit()
                    walk(value[name], results, root)
        elif sure is not None:
            raise not_an_object(step, sure, value)

    return each


def walk_merged(step: Step, walk: Walk, sure: str | None) -> Walk:
    def merged(value: Any, results: Found, root: Any) -> None:
        if isinstance(value, dict):
            walk({name: value[name] for name in step.value if name in value}, results, root)
        elif sure is not None:
            raise not_an_object(step, sure, value)

    return merged


def walk_all(walk: Walk) -> Walk:
    def every(value: Any, results: Found, root: Any) -> None:
        for item in children(value):
            walk(item, results, root)

    return every


def children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def walk_array(step: Step, walk: Walk, sure: str | None) -> Walk:
    select = select_slice(*step.value) if step.kind == "slice" else lambda _: step.value

    def some(value: Any, results: Found, root: Any) -> None:
        if isinstance(value, list):
            length = len(value)
            for index in select(length):
                if -length <= index < length:
                    results.visit()
                    walk(value[index], results, root)
        elif sure is not None:
            raise not_an_array(step, sure, value)

    return some


def select_slice(low: int | None, high: int | None) -> Callable[[int], Iterable[int]]:
    """Jayway's three slices: `[low:]` and `[:high]` count from the end when negative; in `[low:high]` each index
    does."""
    if low is None:
        return lambda length: range(min(length, high + length if high < 0 else high)) if high is not None else ()
    if high is None:
        return lambda length: range(max(0, low + length if low < 0 else low), length)
    return lambda length: range(low, min(length, high))


def walk_filter(step: Step, walk: Walk, sure: str | None, levels: int) -> Walk:
    accepts = compile_filter(step, levels)

    def accepted(value: Any, results: Found, root: Any) -> None:
        if isinstance(value, dict):
            if accepts(value, root):
                walk(value, results, root)
        elif isinstance(value, list):
            for item in value:
                if accepts(item, root):
                    walk(item, results, root)
        elif sure is not None:
            raise PathError(f"Filter: [?] can not be applied to primitives. Current context is: {java_text(value)}")

    return accepted


def compile_filter(step: Step, levels: int) -> Callable[[Any, Any], bool]:
    from monostep.expressions.filters import compile_predicate

    return compile_predicate(*step.value, levels=levels)


def descend(step: Step, walk: Walk, levels: int) -> Walk:
    """`..` before `step`: `walk`, which begins with `step`, at the value and at everything below it, parents first.

    Jayway asks first whether the step fits: names must all be there, numbers want an array, a filter must accept the
    value itself. By a stack of our own: documents may be deeper than Python's.
    """
    fits = compile_fit(step, levels)

    def down(value: Any, results: Found, root: Any) -> None:
        stack = [value]
        while stack:
            value = stack.pop()
            results.visit()
            if fits(value, root):
                walk(value, results, root)
            stack += [child for child in children(value) if isinstance(child, (dict, list))][::-1]

    return down


def compile_fit(step: Step, levels: int) -> Callable[[Any, Any], bool]:
    if step.kind == "names":
        return lambda value, _: isinstance(value, dict) and all(name in value for name in step.value)
    if step.kind == "all":
        return lambda value, _: isinstance(value, (dict, list))
    if step.kind == "filter":
        accepts = compile_filter(step, levels)
        return lambda value, root: isinstance(value, (dict, list)) and accepts(value, root)
    return lambda value, _: isinstance(value, list)
