"""What an expression refers to at its top level, where a state gives it nothing to refer to.

A JSONata field is evaluated without a context item: the input is `$states.input`, a variable is `$name`. AWS
therefore refuses a definition whose expression begins a path with a name, `$` or `$$`. Only the first step of a
path counts: later steps, predicates, sort terms and groupings see what came before them, a lambda's body sees what
its definition sees.

The query library tells which fields are read, but neither in which order nor under which spelling, so the
expression, which is known to be valid by now, is walked once more: a Pratt parser after the grammar of JSONata 2.0
that builds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

MAX_LENGTH = 100_000
"""Longer expressions are not looked into."""

_TOKEN = re.compile(
    r"""(?:\s|/\*.*?\*/)*(?:
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
  | (?P<quoted>`[^`]*`)
  | (?P<operator>\*\*|\.\.|:=|!=|<=|>=|~>|\?:|\?\?|[-.\[\]{}(),@\#;:?+*/%|=<>^&!~])
  | (?P<variable>\$[^\s.\[\]{}(),@\#;:?+*/%|=<>^&!~"'`-]*)
  | (?P<name>[^\s.\[\]{}(),@\#;:?+*/%|=<>^&!~"'`-]+)
  | (?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_POWERS = {
    **dict.fromkeys(["[", "(", "@", "#"], 80),
    ".": 75,
    "{": 70,
    **dict.fromkeys(["*", "/", "%", "**"], 60),
    **dict.fromkeys(["+", "-", "&"], 50),
    **dict.fromkeys(["=", "<", ">", "^", "!=", "<=", ">=", "~>", "in", "?:", "??"], 40),
    "and": 30,
    "or": 25,
    "?": 20,
    "..": 20,
    ":=": 10,
}


def find(source: str, absent: Collection[str] = (), removed: Collection[str] = ("eval",)) -> Iterator[str]:
    """AWS's messages about a valid expression, in the order of its text.

    `absent` names the fields of `$states` that do not exist here, `removed` the functions that AWS does not have.
    """
    if len(source) > MAX_LENGTH:
        return
    walk = _Walk(source)
    try:
        walk.expression(0, True)
    except RecursionError:
        return
    for kind, name in walk.found:
        if kind == "top":
            yield f"Reference to '{name}' at the top level is not supported."
        elif kind == "variable" and (name == "$$" or name[1:] in removed):
            yield f"Reference to '{name}' is not supported."
        elif kind == "field" and name in absent:
            yield f"Field '$states.{name}' does not exist."


class _Walk:
    """One pass over one expression. `top` says whether what is parsed sees the top-level context."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.found: list[tuple[str, str]] = []
        self.advance(operand=True)

    def advance(self, operand: bool = False) -> str:
        """Step to the next token (an `operand` may be a regular expression) and give the one left behind."""
        left = getattr(self, "text", "")
        match = _TOKEN.match(self.source, self.position)
        self.kind, self.text = (match.lastgroup or "end", match[match.lastgroup or 0]) if match else ("end", "")
        self.position = match.end() if match else len(self.source)
        if operand and self.text == "/":
            self.kind, self.text = "regex", self._regex()
        return left

    def _regex(self) -> str:
        start, depth = self.position, 0
        while self.position < len(self.source):
            character = self.source[self.position]
            self.position += 2 if character == "\\" else 1
            if character == "/" and depth == 0:
                break
            depth += (character in "([{") - (character in ")]}")
        while self.source[self.position : self.position + 1] in ("i", "m"):
            self.position += 1
        return self.source[start : self.position]

    def expression(self, power: int, top: bool) -> None:
        self.operand(top)
        while self.kind in ("operator", "name") and _POWERS.get(self.text, 0) > power:
            self.operator(top)

    def operand(self, top: bool) -> None:
        kind, text = self.kind, self.text
        if kind == "operator" and text in _OPENERS:
            self.advance(operand=True)
            _OPENERS[text](self, top)
            return
        self.advance()
        if kind == "variable":
            self._variable(text, top)
        elif kind == "name" and text in ("function", "λ") and self.text == "(":
            self._lambda(top)
        elif top and ((kind == "string" and self.text == ".") or kind == "quoted"):
            self.found.append(("top", text[1:-1]))
        elif top and kind == "name" and text not in ("true", "false", "null"):
            self.found.append(("top", text))

    def operator(self, top: bool) -> None:
        text = self.text
        power = _POWERS[text]
        self.advance(operand=True)
        if text == "[":
            self._list("]", False)
        elif text == "(":
            self._list(")", top)
        elif text == "{":
            self._list("}", False)
        elif text == "^":
            self.advance(operand=True)
            self._list(")", False)
        elif text == "?":
            self.expression(0, top)
            if self.text == ":":
                self.advance(operand=True)
                self.expression(0, top)
        else:
            self.expression(power - 1 if text == ":=" else power, top and text != ".")

    def _list(self, closer: str, top: bool) -> None:
        """Expressions up to `closer`, whatever stands between them: `,` `;` `:` `<` `>`."""
        while self.kind != "end" and self.text != closer:
            if self.kind == "operator" and self.text in (",", ";", ":", "<", ">", "?"):
                self.advance(operand=True)
            else:
                self.expression(0, top)
        self.advance()

    def _transform(self, _top: bool) -> None:
        self.expression(0, False)
        self.advance(operand=True)
        self.expression(0, False)
        if self.text == ",":
            self.advance(operand=True)
            self.expression(0, False)
        self.advance()

    def _lambda(self, top: bool) -> None:
        while self.kind != "end" and self.text != "{":
            self.advance()
        self.advance(operand=True)
        self._list("}", top)

    def _variable(self, text: str, top: bool) -> None:
        if text != "$":
            self.found.append(("variable", text))
        elif top:
            self.found.append(("top", text))
        field = _FIELD.match(self.source, self.position) if text == "$states" and self.text == "." else None
        if field:
            self.found.append(("field", field[1].strip("`")))


_FIELD = re.compile(r"\s*(`[^`]*`|\w+)")
_OPENERS: dict[str, Callable[[_Walk, bool], None]] = {
    "(": lambda walk, top: walk._list(")", top),
    "[": lambda walk, top: walk._list("]", top),
    "{": lambda walk, top: walk._list("}", top),
    "-": lambda walk, top: walk.expression(70, top),
    "|": _Walk._transform,
}
