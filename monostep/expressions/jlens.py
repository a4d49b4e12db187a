"""The adapter around jlens, a JSONata engine in Rust: compile a query, run it within limits, say what went wrong.

Nothing else imports jlens, and it is imported when the first query is compiled, so it can be exchanged here. Of the
reference's 1,686 cases jlens 0.25.0 passes 1,680, and 1,683 through this adapter (`python -m tests.jsonata`), which
names what is left. What lost, as `shared/queries/notes.md` measured it: jsonata2py (1,685 cases, but 230-950 µs to
compile, no depth or memory limit), jsonata-python (57 ms for a filter over 100 KB, leaks Python errors), jsonatapy
(1,571 cases, no error codes), jsonata-rs (1,624 cases, no memory limits).

jlens reads its *input* lazily and converts *bindings* eagerly, on every call. So a query gets `$states` and the
variables it reads from the input: `($states := $.states; $x := $.x; …)`. A query that itself reads the context
item, as `$uppercase()` does, is evaluated with no input and eager bindings instead.

Limits are AWS's where they were measured: 100 levels deep, arrays of 873,782 items, strings of 2^22 characters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from threading import Thread
from typing import Any, NamedTuple, Protocol

from monostep.errors import InvalidExpression
from monostep.expressions.functions import FUNCTIONS, MEMORY, WRAPPERS, FunctionError, chance
from monostep.expressions.scope import Scope

SECONDS = 0.6
"""How long one evaluation may take. AWS's own limit is not known; the slowest payload it accepts takes about 0.1."""

MAX_DEPTH = 100
LIMITS = {"max_string_length": 1 << 22, "max_array_length": 873_782, "max_result_size": 7_000_000}

MAX_SOURCE = 1 << 18
"""No expression is longer than the largest payload; AWS's own limit, 1 MB, is that of the whole definition."""

REMOVED = ("eval",)
"""Functions of JSONata that AWS does not have: a call is T1006, "Attempted to invoke a non-function"."""

_BARE = re.compile(r"\$(?![^\W\d])")
_NAMES = re.compile(r"\$([^\W\d]\w*)")
_CALLED = re.compile(r"\$([^\W\d]\w*)\s*\(|~>\s*\$([^\W\d]\w*)")
_ASSIGNED = re.compile(r"\$([^\W\d]\w*)\s*:=")
_PARAMETERS = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")
_LUCK = frozenset({"random", "shuffle", "uuid"})
_MOODS = _LUCK | {"now", "millis"}
_WHOLE = re.compile(r'("(?:[^"\\]|\\.)*")|(\d)\.0(?![\w.])')
_SYSTEM = Random()
_STUBS = {name: function for name, (function, _) in FUNCTIONS.items()} | chance(_SYSTEM)

_DEPTH = ": Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
_TIME = ": Expression evaluation timeout: Check for infinite loop"
_FAULTS = {
    "D1011": ("U1001", _DEPTH),
    "D1012": ("U1001", _TIME),
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
    """What a query reads: its free variables, names it gets elsewhere (a function's, its own), the context item."""

    variables: tuple[str, ...]
    others: frozenset[str]
    context: bool


def reads(source: str) -> Reads:
    """Compile `source` by itself and say what it reads. Raises InvalidQuery where it is no JSONata."""
    if len(source) > MAX_SOURCE:
        raise InvalidQuery(f"The expression is longer than {MAX_SOURCE} characters")
    mentioned = frozenset(_NAMES.findall(source))
    found = _compile(source).reads({name: _STUBS[name] for name in mentioned.intersection(_STUBS)})
    names = {name for name in found["bindings"] if name not in _STUBS} - {"states"}
    others = mentioned - names - {"states"}
    touched = found.get("input", False)
    free = mentioned <= CONTEXT_FREE | names | {"states"} and not _BARE.search(source)
    context = bool(touched) if free else touched is not False
    return Reads(tuple(sorted(names)), others, context)


CONTEXT_FREE = frozenset(
    (
        "append", "average", "boolean", "count", "distinct", "each", "exists", "filter", "flatten", "join", "map",
        "max", "merge", "millis", "min", "not", "now", "partition", "range", "reduce", "reverse", "shuffle",
        "single", "sort", "sum", "type", "uuid", "zip",
    )
)  # fmt: skip
"""Functions that never take the context item for a missing argument."""


def grows(source: str) -> bool:
    """Whether a query might double a value so often that comparing it never ends, which the library does not notice.

    That takes many constructors, or one beside what may be a loop: a call of a function of its own, or of `$reduce`.
    """
    functions = _PARAMETERS.findall(source)
    braces, brackets = source.count("{") - len(functions), source.count("[")
    if braces + brackets > 20 or max(source.count(":="), source.count("~>")) > 12 or source.count("..") > 1:
        return True
    if not (braces > 0 or brackets or "$zip" in source):
        return False
    own = {name for group in functions for name in _NAMES.findall(group)} | {*_ASSIGNED.findall(source), "reduce"}
    return any(direct in own or piped in own for direct, piped in _CALLED.findall(source))


class Run(Protocol):
    """Evaluate a query; None for undefined, null and functions. Raises Fault."""

    def __call__(
        self, document: Any, bindings: Mapping[str, Any] | None, scope: Scope, seconds: float = SECONDS
    ) -> Any: ...


def compile_query(
    source: str,
    depth: int = 0,
    guard: bool = False,
    limits: Mapping[str, int] = LIMITS,
    removed: Sequence[str] = REMOVED,
) -> Run:
    """`depth` is how many levels `source` itself adds around what its author wrote.

    With `guard` it is evaluated in a thread of its own, which is left behind when it heeds no limit: dearer, as the
    document is converted whole. `limits` and `removed` are AWS's unless given.
    """
    names = frozenset(_NAMES.findall(source))
    wrappers = "".join(text for name, text in WRAPPERS.items() if name in names)
    query = _compile(f"({wrappers}{source}\n)" if wrappers else source)
    options = {"max_depth": MAX_DEPTH + depth + bool(wrappers), "timeout": SECONDS, **limits}
    evaluate = functools.partial(_watched, query) if guard else query.evaluate
    return _runner(functools.partial(evaluate, **options), names, names.intersection(removed))


def _runner(evaluate: Callable[..., Any], names: frozenset[str], removed: frozenset[str]) -> Run:
    error = _library().JlensError
    plain = names.isdisjoint(_MOODS) and not removed
    missing: dict[str, Any] = dict.fromkeys(removed)

    def dressed(document: Any, bindings: Mapping[str, Any] | None, scope: Scope, seconds: float) -> Any:
        """As `$now` and `$random` have it: by the run's clock and source of randomness."""
        random = getattr(scope, "random", None) or _SYSTEM
        seed = random.getrandbits(48) if not names.isdisjoint(_LUCK) else None
        drawn = {name: function for name, function in chance(random).items() if name in names}
        known = {**missing, **drawn, **(bindings or {})}
        return evaluate(document, known, timeout=seconds, now=getattr(scope, "now", None), seed=seed)

    def run(document: Any, bindings: Mapping[str, Any] | None, scope: Scope, seconds: float = SECONDS) -> Any:
        try:
            if plain and seconds is SECONDS:
                return evaluate(document, bindings)
            if plain:
                return evaluate(document, bindings, timeout=seconds)
            return dressed(document, bindings, scope, seconds)
        except error as problem:
            raise _fault(problem) from None
        except FunctionError as problem:
            raise Fault(str(problem)) from None

    return run


def _fault(problem: Any) -> Fault:
    """In the reference's words, which write a whole number without the `.0`."""
    message = _WHOLE.sub(r"\1\2", str(problem))
    code, text = _FAULTS.get(problem.code) or (problem.code, f". {problem.code}: {message}")
    return Fault(text, code)


def _watched(query: Any, document: Any, bindings: Any, *, timeout: float, **options: Any) -> Any:
    answers: list[Any] = []

    def work() -> None:
        try:
            known = _library().Document(document)
            answers.append(query.evaluate_document(known, bindings, timeout=timeout, **options))
        except Exception as problem:
            answers.append(problem)

    worker = Thread(target=work, daemon=True)
    worker.start()
    worker.join(timeout + 0.3)
    if not answers:
        raise Fault(_TIME, "U1001")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


@functools.cache
def _library() -> Any:
    import jlens

    return jlens


def _compile(source: str) -> Any:
    library = _library()
    try:
        query = library.Expression(source)
    except library.JlensError as error:
        message = _WHOLE.sub(r"\1\2", str(error))
        raise InvalidQuery(message, column=(error.position or 0) + 1, reason=error.code) from None
    except UnicodeEncodeError:
        raise InvalidQuery("The expression holds half of a surrogate pair") from None
    for name, (function, signature) in FUNCTIONS.items():
        if name in source:
            query.register_function(name, function, signature)
    return query
