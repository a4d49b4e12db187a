"""Intrinsic function calls: `States.Format('{} of {}', $.done, States.ArrayLength($.all))`, parsed and compiled.

Faults of grammar are found when a definition is made: unknown names, illegal escapes, broken brackets, more than ten
calls inside one another. Everything else fails at run time with States.Runtime (never seen on AWS:
States.IntrinsicFailure, though its documentation names it); the text names the whole expression as written, even
where an inner call is at fault.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.catalog import FUNCTIONS, ArgumentError, refuse
from monostep.expressions.path_syntax import closing_bracket
from monostep.expressions.paths import usable_path
from monostep.expressions.scope import Constant, Evaluate, Scope
from monostep.expressions.search import PathError
from monostep.expressions.texts import json_text

MAX_NESTING = 10
"""AWS: "You can nest up to 10 intrinsic functions within a field"."""

NAME = re.compile(r"States\.[A-Za-z0-9]+")
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
STRING = re.compile(r"'((?:[^'\\]|\\['{}\\])*)'", re.DOTALL)
WORD = re.compile(r"true|false|null")
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
MAX_NUMBER = 400
CHANCE = random.SystemRandom()


def is_intrinsic(text: str) -> bool:
    """Whether the text means to be a call rather than a path."""
    return text.lstrip().startswith("States.")


@lru_cache(maxsize=1024)
def compile_intrinsic(text: str) -> Evaluate:
    """Raises InvalidExpression; the result raises EvaluationError (States.Runtime)."""
    parser = Parser(text)
    evaluate = parser.call(1)
    if parser.peek():
        raise parser.fault("Expected the end of the expression")
    return evaluate


class Parser:
    """Recursive descent over one expression; every method returns a closure and moves past what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fault(self, message: str) -> InvalidExpression:
        return InvalidExpression(message, self.at + 1)

    def peek(self) -> str:
        """The next character that is no blank, or nothing at the end."""
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise self.fault(f"Expected '{mark}'")
        self.at += 1

    def call(self, depth: int) -> Evaluate:
        self.peek()
        name = NAME.match(self.text, self.at)
        if not name:
            raise self.fault("Expected an intrinsic function")
        if name[0] not in FUNCTIONS:
            raise self.fault(f"Unknown intrinsic function {name[0]}; there are: {', '.join(FUNCTIONS)}")
        if depth > MAX_NESTING:
            raise self.fault(f"More than {MAX_NESTING} intrinsic functions inside one another")
        self.at = name.end()
        return apply(name[0], self.arguments(name[0], depth), self.text)

    def arguments(self, name: str, depth: int) -> list[Evaluate]:
        self.expect("(")
        found: list[Evaluate] = []
        if self.peek() != ")":
            found.append(self.argument(name, depth))
            while self.peek() == ",":
                self.at += 1
                found.append(self.argument(name, depth))
        self.expect(")")
        return found

    def argument(self, name: str, depth: int) -> Evaluate:
        mark = self.peek()
        if mark == "$":
            return self.path()
        if mark == "S":
            return self.call(depth + 1)
        return Constant(self.literal(raw=name == "States.Format"))

    def literal(self, *, raw: bool) -> Any:
        """A text, number, true, false or null. `raw` leaves a text's escapes to States.Format, for its braces' sake."""
        if string := STRING.match(self.text, self.at):
            self.at = string.end()
            return string[1] if raw else re.sub(r"\\(.)", r"\1", string[1])
        found = WORD.match(self.text, self.at) or NUMBER.match(self.text, self.at)
        if not found or len(found[0]) > MAX_NUMBER:
            raise self.fault("Expected a path, a call, a number, true, false, null or a text in single quotes")
        self.at = found.end()
        word = found[0]
        if word in WORDS:
            return WORDS[word]
        return float(word) if any(mark in word for mark in ".eE") else int(word)

    def path(self) -> Evaluate:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ",)":
            if self.text.startswith("()", self.at):
                self.at += 1
            end = closing_bracket(self.text, self.at) if self.text[self.at] == "[" else self.at
            if end < 0:
                raise self.fault("The bracket is not closed")
            self.at = end + 1
        text = self.text[start : self.at].rstrip()
        try:
            path = usable_path(text)
        except InvalidExpression as error:
            raise InvalidExpression(str(error), start + error.column) from None
        shown = text[1:] if path.root == "$$" else text
        return path.reader(miss_argument(self.text, shown, definite=path.definite))


def miss_argument(expression: str, path: str, *, definite: bool) -> Callable[[PathError, Any, Scope], Any]:
    """AWS names the path as evaluated (`$$.X` as `$.X`) and, whatever its root, the state's input."""

    def miss(error: PathError, document: Any, scope: Scope) -> Any:  # noqa: ARG001
        if not definite:
            return []
        detail = f"The JsonPath argument for the field '{path}' could not be found in the input '{json_text(document)}'"
        fail(expression, error.text if error.text.startswith("Filter: ") else detail)

    return miss


def fail(expression: str, detail: str) -> NoReturn:
    raise EvaluationError("States.Runtime", f"The function '{expression}' had the following error: {detail}")


def apply(name: str, arguments: list[Evaluate], expression: str) -> Evaluate:
    """The call as a closure. AWS minds the number of arguments only when it runs."""
    function = FUNCTIONS[name]
    if name == "States.MathAdd" and len(arguments) == 2 and isinstance(arguments[1], Constant):
        step = arguments[1].value
        if step.__class__ is int and abs(step) < 2**31:
            return _count(arguments[0], step, expression)
    fits = function.least <= len(arguments) <= (len(arguments) if function.most is None else function.most)
    compile_shape = compile_chancy if function.chancy else compile_call
    invoke = compile_shape(function.run if fits else refuse, arguments)

    def call(document: Any, scope: Scope) -> Any:
        try:
            return invoke(document, scope)
        except ArgumentError as error:
            fail(expression, str(error) or f"Invalid arguments in {name}")
        except (ValueError, RecursionError):  # JSON that is none, or too deep
            fail(expression, f"Invalid arguments in {name}")

    return call


def _count(first: Evaluate, step: int, expression: str) -> Evaluate:
    """The counters of loops."""
    add = FUNCTIONS["States.MathAdd"].run

    def count(document: Any, scope: Scope) -> Any:
        value = first(document, scope)
        if value.__class__ is int and -SAFE < value < SAFE and -SAFE < (total := value + step) < SAFE:
            return total
        try:
            return add(value, step)
        except ArgumentError as error:
            fail(expression, str(error) or "Invalid arguments in States.MathAdd")

    return count


SAFE = 2**31


def compile_call(run: Callable[..., Any], arguments: list[Evaluate]) -> Evaluate:
    """By shape: the counters of loops add a constant to a path."""
    if len(arguments) != 2:
        return lambda document, scope: run(*[argument(document, scope) for argument in arguments])
    first, second = arguments
    if isinstance(second, Constant):
        value = second.value
        return lambda document, scope: run(first(document, scope), value)
    return lambda document, scope: run(first(document, scope), second(document, scope))


def compile_chancy(run: Callable[..., Any], arguments: list[Evaluate]) -> Evaluate:
    """`scope` may carry a random.Random to draw from, as `random`: the run's own, if it is seeded."""

    def draw(document: Any, scope: Scope) -> Any:
        chance = getattr(scope, "random", None) or CHANCE
        return run(chance, *[argument(document, scope) for argument in arguments])

    return draw
