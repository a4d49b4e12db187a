"""Filters of JSONPath, `[?(…)]`: parsed and evaluated as Jayway does.

Of Jayway's operators those that AWS documents: `== != < <= > >=`, `&&`, `||`, `!` and the mere path, which asks
whether it exists. Functions, regular expressions and the `in` family are refused, as AWS's documentation has it.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from monostep.errors import InvalidExpression
from monostep.expressions.path_syntax import MAX_STEPS, Step, closing_bracket, closing_quote, parse_steps, unescape
from monostep.expressions.search import PathError, compile_search, is_definite, single

Predicate = Callable[[Any, Any], bool]
"""(item, root document) -> whether the filter accepts the item."""

Operand = Callable[[Any, Any], Any]

NUMBERS = frozenset({int, float})

MISSING: Any = object()
"""What a path that finds nothing stands for: unequal to everything, itself included, and in no order."""

NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
OPERATOR = re.compile(r"[<>=!~]+")
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
WORD = re.compile(r"[A-Za-z_][\w-]*")
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


def compile_predicate(text: str, column: int, *, levels: int = 0) -> Predicate:
    """`text` is what the brackets hold, `column` where it starts in the path. Raises InvalidExpression."""
    parser = Parser(text, column, levels)
    predicate = parser.either()
    if parser.peek():
        raise parser.fault("Expected character: )")
    return predicate


def equal(left: Any, right: Any) -> bool:
    """Jayway's `==`: numbers and texts meet halfway, by the kind of the left one; arrays and objects as Java
    compares."""
    if left is MISSING or right is MISSING:
        return False
    if is_number(left) and is_number(right):
        return bool(left == right)
    if is_number(left) and isinstance(right, str):
        number = decimal(right)
        return number is not None and decimal(left) == number
    if isinstance(left, str) and is_number(right):
        return left == str(decimal(right))
    return same(left, right)


def is_number(value: Any) -> bool:
    return value.__class__ in NUMBERS


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values as Java has it: 1 is neither true nor 1.0. By a stack: documents may be deep."""
    stack = [(left, right)]
    while stack:
        left, right = stack.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, dict):
            if left.keys() != right.keys():
                return False
            stack.extend((left[key], right[key]) for key in left)
        elif isinstance(left, list):
            if len(left) != len(right):
                return False
            stack.extend(zip(left, right, strict=True))
        elif left != right:
            return False
    return True


def decimal(value: str | int | float) -> Decimal | None:
    """As Java's BigDecimal reads it; None for a text that is no number, or one beyond all bounds."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Jayway knows an order of numbers, and of texts: by UTF-16 units, as Java has it."""

    def holds(left: Any, right: Any) -> bool:
        if is_number(left) and is_number(right):
            return test(left, right)
        if left.__class__ is str and right.__class__ is str:
            return test(*(text.encode("utf-16-be", "surrogatepass") for text in (left, right)))
        return False

    return holds


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": ordered(operator.lt),
    "<=": ordered(operator.le),
    ">": ordered(operator.gt),
    ">=": ordered(operator.ge),
}


class Parser:
    """Recursive descent over one filter; every method returns a closure and moves past what it read."""

    def __init__(self, text: str, column: int, levels: int) -> None:
        self.text = text
        self.at = 0
        self.column = column
        self.levels = levels

    def fault(self, message: str) -> InvalidExpression:
        return InvalidExpression(message, self.column + self.at + 1)

    def peek(self) -> str:
        """The next character that is no blank, or nothing at the end."""
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, token: str) -> bool:
        self.peek()
        found = self.text.startswith(token, self.at)
        self.at += len(token) if found else 0
        return found

    def either(self) -> Predicate:
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda item, root: any(part(item, root) for part in parts)

    def both(self) -> Predicate:
        parts = [self.operand()]
        while self.take("&&"):
            parts.append(self.operand())
        return parts[0] if len(parts) == 1 else lambda item, root: all(part(item, root) for part in parts)

    def operand(self) -> Predicate:
        self.levels += 1
        if self.levels > MAX_STEPS:
            raise self.fault(f"The filter is nested more than {MAX_STEPS} levels deep")
        if self.peek() == "!":
            self.take("!")
            inner = self.operand()
            predicate: Predicate = lambda item, root: not inner(item, root)  # noqa: E731
        elif self.take("("):
            predicate = self.either()
            if not self.take(")"):
                raise self.fault("Expected character: )")
        else:
            predicate = self.relation()
        self.levels -= 1
        return predicate

    def relation(self) -> Predicate:
        """`left operator right`, or a path alone."""
        is_path = self.peek() in ("@", "$")
        left, exists = self.path() if is_path else (self.literal(), None)
        self.peek()
        found = OPERATOR.match(self.text, self.at)
        test = OPERATORS.get(found[0]) if found else None
        if found and test:
            self.at = found.end()
            return relate(left, test, self.value())
        if exists is None:
            raise self.fault("Expected path node")
        return exists

    def value(self) -> Operand:
        return self.path()[0] if self.peek() in ("@", "$") else self.literal(bare=True)

    def path(self) -> tuple[Operand, Predicate]:
        """What the path selects, and whether it exists. `@` is the item, `$` the whole document."""
        start = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] not in " <>=!~)&|":
            self.at = closing_bracket(self.text, self.at) if self.text[self.at] == "[" else self.at
            if self.at < 0:
                self.at = start
                raise self.fault("Square brackets does not match in filter")
            self.at += 1
        return compile_operand(self.text[start : self.at], self.column + start, self.levels)

    def literal(self, *, bare: bool = False) -> Operand:
        """`bare` takes a bare word for a text: Jayway refuses it by now, but workflows that AWS publishes have it."""
        letter = self.peek()
        if letter and letter in "'\"":
            value: Any = self.string(letter)
        elif letter and letter in "[{":
            value = self.structure()
        elif (word := WORD.match(self.text, self.at)) and (bare or word[0] in WORDS):
            self.at = word.end()
            value = WORDS.get(word[0], word[0])
        elif number := NUMBER.match(self.text, self.at):
            value = self.number(number[0])
        else:
            message = f"Failed to parse filter: [?({self.text})], error on position: {self.at + 3}"
            raise self.fault(f"{message}, char: {letter or ')'}")
        return lambda *_: value

    def number(self, text: str) -> int | float:
        if len(text) > 400:
            raise self.fault("A number of more than 400 digits")
        self.at += len(text)
        return float(text) if any(mark in text for mark in ".eE") else int(text)

    def string(self, quote: str) -> str:
        close = closing_quote(self.text, self.at)
        if close < 0:
            raise self.fault(f"String literal does not have matching quotes. Expected {quote}")
        text = unescape(self.text[self.at + 1 : close], self.fault)
        self.at = close + 1
        return text

    def structure(self) -> Any:
        close = closing_bracket(self.text, self.at)
        text = self.text[self.at : close + 1]
        try:
            value = json.loads(QUOTED.sub(double_quoted, text))
        except (ValueError, RecursionError):
            raise self.fault(f"Failed to parse filter: {text} is no JSON") from None
        self.at = close + 1
        return value


def double_quoted(found: re.Match[str]) -> str:
    """A text in single quotes, which Jayway's JSON takes as well, in double ones."""
    text = found[0]
    return text if text[0] == '"' else json.dumps(re.sub(r"\\(.)", r"\1", text[1:-1]))


def relate(left: Operand, test: Callable[[Any, Any], bool], right: Operand) -> Predicate:
    return lambda item, root: test(left(item, root), right(item, root))


def compile_operand(text: str, column: int, levels: int) -> tuple[Operand, Predicate]:
    try:
        steps = parse_steps(text, 1)
    except InvalidExpression as error:
        raise InvalidExpression(str(error), column + error.column) from None
    at_root = text[0] == "$"
    read = read_keys(steps) if all(map(single, steps)) else read_steps(steps, levels)

    def value(item: Any, root: Any) -> Any:
        return read(root if at_root else item, root)

    return value, lambda item, root: value(item, root) is not MISSING


def read_keys(steps: Sequence[Step]) -> Operand:
    keys = [step.value[0] for step in steps]

    def read(value: Any, root: Any) -> Any:  # noqa: ARG001
        for key in keys:
            if not has(value, key):
                return MISSING
            value = value[key]
        return value

    return read


def has(value: Any, key: str | int) -> bool:
    if value.__class__ is dict:
        return key in value
    return value.__class__ is list and isinstance(key, int) and -len(value) <= key < len(value)


def read_steps(steps: Sequence[Step], levels: int) -> Operand:
    search = compile_search(steps, levels=levels)
    definite = is_definite(steps)

    def read(value: Any, root: Any) -> Any:
        try:
            found = search(value, root)
        except PathError:
            return MISSING
        return (found[-1] if found else MISSING) if definite else found

    return read
