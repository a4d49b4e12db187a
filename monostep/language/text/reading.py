"""Definition text to a plain document, as strictly as AWS reads it and in the words of its parser, Jackson.

The standard library's decoder does the reading, since a parser of our own in Python costs thirty times as much; only a
text that is already refused, or that names a field twice, is walked a second time, token by token, to say where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from monostep.language.checks import printable
from monostep.language.diagnostic import Diagnostic

LIMIT = 1_048_576
"""Bytes of definition text that AWS takes."""
DEPTH = 300
"""Levels of JSON that are followed: 100 Maps inside each other, which take three levels each, or 75 Parallels, which
take four. AWS states no limit of its own (a definition has at most 1 MB; its parser stops at 1,000 levels); this one is
Python's: linting, compiling and running take up to seven calls a state, and the stack has room for a thousand.
"""
NODES = 2_000_000

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_HALF = re.compile(r"[\ud800-\udfff]")
_DIGITS = re.compile(r"[0-9]{1001,}")
_WORD = re.compile(r"[\w$]+")
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class _Constant(ValueError):
    """NaN or Infinity, which Python would read and JSON does not have."""


def read(text: str) -> tuple[Any, list[Diagnostic]]:
    """The document and what is wrong with its text: INVALID_JSON_DESCRIPTION findings located in the text
    (`[Source: …; line: 1, column: 4]`), or a path for a field given twice. The document is None where there is none to
    lint; with duplicate fields the last one wins, as everywhere, and the rest can still be checked.
    """
    if _too_long(text):
        return None, [_schema(f"Definition must have length less than or equal to {LIMIT}")]
    if half := _HALF.search(text):
        return None, [
            _located(text.encode("utf-8", "replace").decode(), "Invalid UTF-8: half a surrogate pair", half.end())
        ]
    if not text.strip():
        return None, [_schema("Definition must be a valid JSON object")]
    doubled: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            doubled.append("")
        return made

    try:
        document = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return None, [_located(text, *_wording(text, error))]
    except _Constant as error:
        return None, [_constant(text, str(error))]
    except RecursionError:
        return None, [_too_deep()]
    except ValueError:
        return None, [_long_number(text)]
    return document, [_duplicate(where, name) for where, name in _duplicates(text)] if doubled else []


def plain(document: Any) -> list[Diagnostic]:
    """What keeps a document made in Python from being JSON: at most one finding, the first."""
    stack: list[tuple[Any, int]] = [(document, 0)]
    seen = 0
    while stack:
        value, depth = stack.pop()
        kind = type(value)
        if kind is str or kind is int or kind is bool or value is None:
            continue
        if depth > DEPTH or seen > NODES:
            return [_too_deep()]
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    return [_schema(f"Definition must be a valid JSON object: {key!r:.80} is not a field name")]
            children: Any = value.values()
        elif isinstance(value, list):
            children = value
        elif isinstance(value, (str, int)) or (isinstance(value, float) and value - value == 0):
            continue
        else:
            return [_schema(f"Definition must be a valid JSON object: {value!r:.80} is not JSON")]
        depth += 1
        seen += len(value)
        stack.extend([(child, depth) for child in children])
    return []


def _too_long(text: str) -> bool:
    return len(text) > LIMIT or (
        not text.isascii() and len(text) * 4 > LIMIT and len(text.encode("utf-8", "replace")) > LIMIT
    )


def _refuse_constant(name: str) -> float:
    raise _Constant(name)


def _schema(message: str) -> Diagnostic:
    return Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", message)


def _too_deep() -> Diagnostic:
    return Diagnostic("ERROR", "TOO_DEEPLY_NESTED", f"The states are too deeply nested: more than {DEPTH} levels")


def _duplicate(where: str, name: str) -> Diagnostic:
    return Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", printable(f"Duplicate field '{name}'"), printable(where))


def _wording(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """Jackson's message for the standard library's error, and the offset it counts its column to."""
    at = error.pos
    if error.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value", len(text)
    if at >= len(text):
        return _ended(text), len(text)
    found = f"'{text[at]}' (code {ord(text[at])})"
    if error.msg == "Expecting value":
        word = _WORD.match(text, at)
        if word:
            return f"Unrecognized token '{word[0]}': was expecting {_VALUES}", word.end()
        return f"Unexpected character ({found}): expected a valid value {_VALUES}", at + 1
    if error.msg.startswith("Invalid control character"):
        why = "has to be escaped using backslash to be included in string value"
        return f"Illegal unquoted character ((CTRL-CHAR, code {ord(text[at])})): {why}", at
    if error.msg.startswith("Invalid \\uXXXX"):
        return "Unexpected character in \\u escape: expected a hex-digit for character escape sequence", at + 1
    if error.msg.startswith("Invalid \\escape"):
        escape = text[at + 1 : at + 2]
        return f"Unrecognized character escape '{escape}' (code {ord(escape or ' ')})", at + 2
    return f"Unexpected character ({found}): was expecting {_expected(text, error.msg, at)}", at + 1


def _expected(text: str, message: str, at: int) -> str:
    if message.startswith("Expecting property name"):
        return "double-quote to start field name"
    if message.startswith("Expecting ':'"):
        return "a colon to separate field name and value"
    if message.startswith("Expecting ','"):
        opened = _opened(text, at)
        return f"comma to separate {opened[-1][0] if opened else 'Object'} entries"
    return "the end of the definition"


def _ended(text: str) -> str:
    opened = _opened(text, len(text))
    if not opened:
        return "Unexpected end-of-input"
    kind, start = opened[-1]
    return f"Unexpected end-of-input: expected close marker for {kind} (start marker at {_source(text, start)})"


def _constant(text: str, name: str) -> Diagnostic:
    at = next((token.start() for token in _TOKEN.finditer(text) if token[0] == name), 0)
    message = f"Non-standard token '{name}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
    return _located(text, message, at + len(name))


def _long_number(text: str) -> Diagnostic:
    """Python refuses to read integers of more than 4,300 digits, for the time it takes; Jackson those over 1,000."""
    found = _DIGITS.search(text)
    length, end = (len(found[0]), found.end()) if found else (0, 0)
    return _located(text, f"Number value length ({length}) exceeds the maximum allowed (1000)", end)


def _located(text: str, message: str, end: int) -> Diagnostic:
    source = _source(text, end)
    return Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", f"{message}\n at {source}", source)


def _source(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    shown = f'"{text[:500]}"' + (f"[truncated {len(text) - 500} chars]" if len(text) > 500 else "")
    return f"[Source: (String){shown}; line: {line}, column: {column}]"


def _opened(text: str, end: int) -> list[tuple[str, int]]:
    """The objects and arrays still open at the offset, outermost first, with theirs."""
    opened: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(text, 0, end):
        first = token[0]
        if first in "{[":
            opened.append(("Object" if first == "{" else "Array", token.start()))
        elif first in "}]" and opened:
            opened.pop()
    return opened


def _duplicates(text: str) -> Iterator[tuple[str, str]]:
    """Every field of valid JSON text that its object already has: where, and its name."""
    opened: list[dict[str, Any]] = []
    key = where = ""
    previous = ""
    for token in _TOKEN.finditer(text):
        now = token[0]
        if now in "{[":
            if opened and opened[-1]["list"]:
                key = f"[{opened[-1]['count']}]"
            place = f"{where}{key}" if key.startswith("[") else f"{where}/{key}"
            opened.append({"list": now == "[", "count": 0, "names": set(), "where": where})
            where = place if len(opened) > 1 else ""
        elif now in "}]":
            where = opened.pop()["where"]
        elif now == "," and opened[-1]["list"]:
            opened[-1]["count"] += 1
        elif now == ":":
            key = json.loads(previous)
            if key in opened[-1]["names"]:
                yield f"{where}/{key}", key
            opened[-1]["names"].add(key)
        previous = now
