"""The adapter around jlens, a JSONata engine in Rust: compile a query, run it within limits, say what went wrong.

Nothing else imports jlens, and it is imported when the first query is compiled, so it can be exchanged here. Of the
reference's 1,686 cases jlens 0.25.0 passes 1,680 (`python -m tests.jsonata`); what it lacks is named there. What
lost: jsonata2py (1,685 cases, but 230-950 µs to compile, no depth or memory limit), jsonata-python (57 ms on 100
KB, leaks Python errors), jsonatapy (1,571 cases, no error codes), jsonata-rs (1,624 cases, no memory limits).

jlens reads its *input* lazily and converts *bindings* eagerly, on every call. So a query gets `$states` and the
variables it reads from the input: `($states := $.states; $x := $.x; …)`. A query that itself reads the context
item, as `$uppercase()` does, is evaluated with no input and eager bindings instead.

Limits are AWS's where they were measured: 100 levels deep, arrays of 873,782 items, strings of 2^22 characters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple, Protocol

from handler.errors import InvalidExpression
from handler.expressions.functions import FUNCTIONS, MEMORY, FunctionError, chance
from handler.expressions.scope import Scope

SECONDS = 0.6
"""How long one evaluation may take. AWS's own limit is not known; the slowest payload it accepts takes about 0.1."""

MAX_DEPTH = 100
LIMITS = {"max_string_length": 1 << 22, "max_array_length": 873_782, "max_result_size": 1 << 24}

REMOVED = ("eval",)
"""Functions of JSONata that AWS does not have: a call is T1006, "Attempted to invoke a non-function"."""

_CLOCK = re.compile(r"\$(now|millis)\b")
_CHANCE = re.compile(r"\$(random|shuffle|uuid)\b")
_SYSTEM = Random()

_DEPTH = (
    "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
    f" Depth={MAX_DEPTH + 1} max={MAX_DEPTH}"
)
_FAULTS = {
    "D1011": ("U1001", f": {_DEPTH}"),
    "D1012": ("U1001", f": Expression evaluation timeout: {int(SECONDS * 1000)}ms. Check for infinite loop"),
    **{code: (code, MEMORY) for code in ("D2014", "D2015", "D2016", "U1001")},
}
"""jlens's code -> the reference's code, and AWS's text, which names no code when a limit is hit."""


class InvalidQuery(InvalidExpression):
    """A text AWS refuses at definition time; `code` is AWS's diagnostic code, `reason` JSONata's own (S0201…)."""

    def __init__(
        self, message: str, code: str = "INVALID_JSONATA_EXPRESSION", column: int = 0, reason: str = ""
    ) -> None:
        super().__init__(message, column)
        self.code = code
        self.reason = reason


class Fault(Exception):
    """`str()` is what AWS writes after "threw an error during evaluation", `code` is JSONata's code."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Reads(NamedTuple):
    """What a query reads: its free variables, the fields of `$states` (None: all), and the context item."""

    variables: tuple[str, ...]
    states: frozenset[str] | None
    context: bool


def reads(source: str) -> Reads:
    """Compile `source` by itself and say what it reads. Raises InvalidQuery where it is no JSONata."""
    found = _compile(source).reads({name: function for name, (function, _) in FUNCTIONS.items()} | chance(_SYSTEM))
    bindings = dict(found["bindings"])
    states = bindings.pop("states", {})
    names = tuple(sorted(name for name in bindings if name not in FUNCTIONS))
    return Reads(names, frozenset(states) if isinstance(states, dict) else None, "input" in found)


class Run(Protocol):
    """Evaluate a query; None for undefined, null and functions. Raises Fault."""

    def __call__(
        self, document: Any, bindings: Mapping[str, Any] | None, scope: Scope, seconds: float = SECONDS
    ) -> Any: ...


def compile_query(
    source: str, depth: int = 0, limits: Mapping[str, int] = LIMITS, removed: Sequence[str] = REMOVED
) -> Run:
    """`depth` is how many levels `source` itself adds around what its author wrote; the rest is AWS's unless given."""
    evaluate = functools.partial(_compile(source).evaluate, max_depth=MAX_DEPTH + depth, **limits)
    error = _library().JlensError
    clock, luck = bool(_CLOCK.search(source)), bool(_CHANCE.search(source))
    fixed: dict[str, Any] | None = {name: None for name in removed if f"${name}" in source} or None

    def moody(document: Any, bindings: Mapping[str, Any], scope: Scope, seconds: float) -> Any:
        """As `$now` and `$random` have it: by the run's clock and source of randomness."""
        random = getattr(scope, "random", None) or _SYSTEM
        seed = random.getrandbits(48) if luck else None
        now = getattr(scope, "now", None)
        return evaluate(document, {**bindings, **chance(random)}, timeout=seconds, now=now, seed=seed)

    def run(document: Any, bindings: Mapping[str, Any] | None, scope: Scope, seconds: float = SECONDS) -> Any:
        try:
            if clock or luck:
                return moody(document, {**(fixed or {}), **(bindings or {})}, scope, seconds)
            return evaluate(document, {**fixed, **(bindings or {})} if fixed else bindings, timeout=seconds)
        except error as problem:
            code, text = _FAULTS.get(problem.code) or (problem.code, f". {problem.code}: {problem}")
            raise Fault(text, code) from None
        except FunctionError as problem:
            raise Fault(str(problem)) from None

    return run


@functools.cache
def _library() -> Any:
    import jlens

    return jlens


def _compile(source: str) -> Any:
    library = _library()
    try:
        query = library.Expression(source)
    except library.JlensError as error:
        raise InvalidQuery(str(error), column=(error.position or 0) + 1, reason=error.code) from None
    except UnicodeEncodeError:
        raise InvalidQuery("The expression holds half of a surrogate pair") from None
    for name, (function, signature) in FUNCTIONS.items():
        if name in source:
            query.register_function(name, function, signature)
    return query
