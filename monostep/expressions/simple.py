"""Simple JSONata as generated Python: paths, literals, comparisons, `+ - *`, `and`, `or`, in templates and Conditions.

A call of the query library costs more than most expressions are worth. What is generated here knows only operands
whose types leave no doubt: a name that is missing, a list where a value is wanted, a number beyond 2^53, text beyond
ASCII in an order all raise KeyError or TypeError, and the query library is asked instead. So every error has one home.
tests/expressions/test_simple.py holds by fuzzing that both say the same.

No text of an expression is ever part of the source: names and literals are constants handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

BUSY = 16
"""Evaluations after which a template is generated: it costs as much as fifty."""
MAX_SOURCE = 500
MAX_DEPTH = 16
SAFE = 2**53

Look = Callable[[Any, Any], Any]
"""(states, scope) -> value; KeyError or TypeError where the query library must be asked."""

_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<number>\d{1,15}(?:\.\d{1,9})?)(?![\w.])"
    r"|(?P<string>\"[^\"\\]*\"|'[^'\\]*')|(?P<word>and|or|true|false)(?!\w)|(?P<operator><=|>=|!=|[-+*<>=()])|(?P<end>\Z))"
)
_POWERS = {"*": 60, "+": 50, "-": 50, "=": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "and": 30, "or": 25}
_EQUALITY = ("=", "!=")
_TESTS = {
    "boolean": "{0}.__class__ is bool",
    "string": "{0}.__class__ is str",
    "number": f"{{0}}.__class__ is int and -{SAFE} < {{1}} < {SAFE} or {{1}}.__class__ is float",
}


class Unfit(Exception):
    """Not an expression that is generated."""


class Term(NamedTuple):
    code: str
    kind: str
    """`number`, `string`, `boolean`, or `any` where only the run can tell."""


class Equal(NamedTuple):
    """`path = "text"`: neighbours of the kind are one look into a table."""

    path: str
    text: str


class Source:
    """Python code under construction: its constants, and how many names it has used."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self._known: dict[tuple[type, Any], str] = {}
        self._names = 0

    def constant(self, value: Any) -> str:
        key = (type(value), value)
        if key not in self._known:
            self._known[key] = self.handed(value)
        return self._known[key]

    def handed(self, value: Any) -> str:
        """A constant that cannot be compared with others."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def path(self, text: str) -> str:
        root, *keys = text[1:].split(".")
        if root != "states":
            keys.insert(0, root)
        elif not keys or keys[0] == "context":
            raise Unfit
        start = "states" if root == "states" else "scope.variables"
        return start + "".join(f"[{self.constant(key)}]" for key in keys)

    def value(self, source: str) -> str:
        """The code of a whole expression: a value as it is only where a mere path leads to it, as everywhere."""
        term = self.term(source)
        if term.kind != "any":
            return term.code
        if "(" in source:
            raise Unfit
        name = self.name()
        return f"({name} if ({name} := {term.code}).__class__ is not float else plain({name}))"

    def term(self, source: str) -> Term:
        if len(source) > MAX_SOURCE:
            raise Unfit
        reader = _Reader(self, source)
        term = reader.expression(0)
        if reader.kind != "end":
            raise Unfit
        return term

    def function(self, parameters: str, lines: Sequence[str]) -> Any:
        scope = {"plain": plain, "whole": whole, "alike": alike, "ordered": ordered, "refuse": refuse, **self.constants}
        body = "\n".join(f"        {line}" for line in lines)
        made: dict[str, Any] = {}
        text = f"def make({', '.join(scope)}):\n    def look({parameters}):\n{body}\n    return look\n"
        exec(compile(text, "<generated expression>", "exec"), {}, made)
        return made["make"](**scope)


class _Reader:
    """Operator precedence, as JSONata has it: all operators are left-associative."""

    def __init__(self, out: Source, source: str) -> None:
        self.out = out
        self.source = source
        self.at = self.depth = 0
        self.kind = self.text = ""
        self.advance()

    def advance(self) -> None:
        token = _TOKEN.match(self.source, self.at)
        if not token:
            raise Unfit
        self.kind, self.at = str(token.lastgroup), token.end()
        self.text = token[self.kind]

    def expression(self, power: int) -> Term:
        left = self.operand()
        while self.kind in ("operator", "word") and _POWERS.get(self.text, 0) > power:
            operator = self.text
            self.advance()
            left = self.combine(operator, left, self.expression(_POWERS[operator]))
        return left

    def operand(self) -> Term:
        kind, text = self.kind, self.text
        self.advance()
        if kind == "path":
            return Term(self.out.path(text), "any")
        if kind == "number":
            number = float(text)
            return Term(self.out.constant(int(number) if number.is_integer() else number), "number")
        if kind == "string":
            return Term(self.out.constant(text[1:-1]), "string")
        if kind == "word" and text in ("true", "false"):
            return Term(text.capitalize(), "boolean")
        if text == "(" and self.depth < MAX_DEPTH:
            return self.grouped()
        raise Unfit

    def grouped(self) -> Term:
        self.depth += 1
        inner = self.expression(0)
        self.depth -= 1
        if self.text != ")":
            raise Unfit
        self.advance()
        return inner

    def combine(self, operator: str, left: Term, right: Term) -> Term:
        if operator in ("and", "or"):
            return Term(f"({self.checked(left, 'boolean')} {operator} {self.checked(right, 'boolean')})", "boolean")
        if operator in ("+", "-", "*"):
            return Term(f"whole({self.checked(left, 'number')} {operator} {self.checked(right, 'number')})", "number")
        return Term(self.comparison(operator, left, right), "boolean")

    def comparison(self, operator: str, left: Term, right: Term) -> str:
        python = "==" if operator == "=" else operator
        kinds = {left.kind, right.kind} - {"any"}
        if not kinds or (kinds == {"boolean"} and operator in _EQUALITY):
            test = "alike" if operator in _EQUALITY else "ordered"
            a, b = self.out.name(), self.out.name()
            return f"({test}(({a} := {left.code}), ({b} := {right.code})) and {a} {python} {b})"
        if len(kinds) > 1 or kinds == {"boolean"}:
            raise Unfit
        (kind,) = kinds
        if kind == "string" and operator not in _EQUALITY:
            kind = "ascii"
        return f"({self.checked(left, kind)} {python} {self.checked(right, kind)})"

    def checked(self, term: Term, kind: str) -> str:
        """The term's code, which raises TypeError where its value is of another kind."""
        if kind == "ascii":
            name = self.out.name()
            return f"({name} if ({name} := {self.checked(term, 'string')}).isascii() else refuse())"
        if term.kind == kind:
            return term.code
        if term.kind != "any":
            raise Unfit
        name = self.out.name()
        return f"({name} if {_TESTS[kind].format(f'({name} := {term.code})', name)} else refuse())"


def refuse() -> Any:
    raise TypeError


def alike(a: Any, b: Any) -> bool:
    """Whether Python's `==` says what JSONata's `=` says."""
    kind = type(a)
    if kind is type(b) and (kind is str or kind is bool):
        return True
    return _numbers(a, b)


def ordered(a: Any, b: Any) -> bool:
    """The same of `<`: the orders of text agree where it is ASCII."""
    if type(a) is str and type(b) is str and a.isascii() and b.isascii():
        return True
    return _numbers(a, b)


def _numbers(a: Any, b: Any) -> bool:
    numbers = all(type(number) is int or type(number) is float for number in (a, b))
    if numbers and -SAFE < a < SAFE and -SAFE < b < SAFE:
        return True
    raise TypeError


def whole(value: Any) -> Any:
    """The result of arithmetic: 1.0 is 1."""
    if value.__class__ is int:
        if -SAFE < value < SAFE:
            return value
    elif -SAFE < value < SAFE:
        return int(value) if value.is_integer() else value
    raise TypeError


def plain(number: float) -> float:
    """1.0 is 1 in JSONata, up to where it would be written with an exponent."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def compile_template(template: Any, expression: Callable[[str], str | None]) -> Look | None:
    """A template whose expressions are all simple; `expression` gives the source of a text that is one."""
    out = Source()

    def code(part: Any) -> str:
        if isinstance(part, str):
            source = expression(part)
            return out.handed(part) if source is None else out.value(source)
        if isinstance(part, dict) and part:
            return "{" + ", ".join(f"{out.constant(key)}: {code(value)}" for key, value in part.items()) + "}"
        if isinstance(part, list) and part:
            return "[" + ", ".join(map(code, part)) + "]"
        return out.handed(part)

    try:
        look: Look = out.function("states, scope", [f"return {code(template)}"])
    except (Unfit, RecursionError):
        return None
    return look


def compile_conditions(sources: Sequence[str]) -> Look | None:
    """The index of the first that is true, or -1."""
    out = Source()
    lines: list[str] = []
    try:
        for group in _groups(sources):
            lines += _table(out, group) if len(group) > 1 else [_lone(out, *group[0])]
    except Unfit:
        return None
    look: Look = out.function("states, scope", [*lines, "return -1"])
    return look


def _groups(sources: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Runs of neighbours that compare one path with texts; each of the others by itself."""
    group: list[tuple[int, str]] = []
    before: str | None = None
    for index, source in enumerate(sources):
        equal = _equal(source)
        path = equal.path if equal else None
        if group and (path is None or path != before):
            yield group
            group = []
        group.append((index, source))
        before = path
    if group:
        yield group


_EQUAL = re.compile(r"\s*(\$[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*=\s*(?:\"([^\"\\]*)\"|'([^'\\]*)')\s*")


def _equal(source: str) -> Equal | None:
    match = _EQUAL.fullmatch(source) if len(source) <= MAX_SOURCE else None
    return Equal(match[1], match[2] if match[2] is not None else match[3]) if match else None


def _table(out: Source, group: Sequence[tuple[int, str]]) -> list[str]:
    table: dict[str, int] = {}
    path = ""
    for index, source in group:
        equal = _equal(source)
        assert equal is not None
        path = equal.path
        table.setdefault(equal.text, index)
    name, index_ = out.name(), out.name()
    return [
        f"{name} = {out.path(path)}",
        f"if {name}.__class__ is not str: raise TypeError",
        f"{index_} = {out.handed(table)}.get({name})",
        f"if {index_} is not None: return {index_}",
    ]


def _lone(out: Source, index: int, source: str) -> str:
    term = out.term(source)
    if term.kind in ("number", "string"):
        raise Unfit
    name = out.name()
    test = (
        term.code if term.kind == "boolean" else f"({name} if ({name} := {term.code}).__class__ is bool else refuse())"
    )
    return f"if {test}: return {index}"
