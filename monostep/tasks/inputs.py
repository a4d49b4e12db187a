"""The shape a task's input must have: the annotation of its first parameter, read once, when the first input comes.

Plain JSON types (`dict[str, object] | None`) become a chain of isinstance checks; anything else goes to pydantic, which
is imported then and not before. Annotations that are text (`from __future__ import annotations`) are resolved here in
the usual cases: `typing.get_type_hints` alone would cost each cold start 5 ms.
"""

from __future__ import annotations

import builtins
import json
import re
import sys

from monostep.errors import UnmarshalError, UsageError
from monostep.tasks.payload import KINDS, kind, pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pydantic import TypeAdapter, ValidationError

    Read = Callable[[object], Any]  # an input, checked and made what the function wants; or UnmarshalError
    Check = Callable[[object], str | None]  # what is wrong with a value and where in it (`/0: Input should be …`)

SHOWN = 5  # complaints in one message


def reader(annotation: object, names: Mapping[str, object], label: str) -> Read:
    """What reads an input for this annotation, which may be text about `names`; `label` says whose it is in errors."""
    if isinstance(annotation, str):
        annotation = _resolved(annotation, names, label)
    check = _check(annotation)
    return _plain_reader(check) if check else _typed_reader(annotation, label)


def _plain_reader(check: Check) -> Read:
    def read(value: object) -> object:
        if complaint := check(value):
            raise UnmarshalError(complaint.removeprefix(": "))
        return value

    return read


def _check(annotation: Any) -> Check | None:
    """The isinstance checks for a plain JSON type; None for any other."""
    if annotation is None or (isinstance(annotation, type) and annotation in KINDS):
        return _kind(annotation or type(None))
    if annotation is object or annotation is _typing("Any"):
        return lambda value: None  # noqa: ARG005
    origin, args = getattr(annotation, "__origin__", None), list(getattr(annotation, "__args__", ()))
    if isinstance(annotation, type(int | str)) or (origin and origin is _typing("Union")):
        return _union([_check(one) for one in args])
    if origin in (list, dict) and not args:
        return _kind(origin)
    if origin is list:
        return _array(_check(args[0]))
    if origin is dict and args[0] in (str, object, _typing("Any")):
        return _object(_check(args[1]))
    return None


def _kind(wanted: type) -> Check:
    complaint = f": Input should be {KINDS[wanted]}, not "
    accepted = (float, int) if wanted is float else wanted
    refused = () if wanted is bool else bool  # Python's booleans are integers, JSON's are not

    def one(value: object) -> str | None:
        return None if isinstance(value, accepted) and not isinstance(value, refused) else complaint + kind(value)

    return one


def _array(check: Check | None) -> Check | None:
    outer = _kind(list)

    def array(value: Any) -> str | None:
        if complaint := outer(value):
            return complaint
        found = ((index, check(item)) for index, item in enumerate(value)) if check else ()
        return next((f"/{index}{complaint}" for index, complaint in found if complaint), None)

    return array if check else None


def _object(check: Check | None) -> Check | None:
    outer = _kind(dict)

    def members(value: Any) -> str | None:
        if complaint := outer(value):
            return complaint
        found = ((key, check(item)) for key, item in value.items()) if check else ()
        return next((f"/{pointer(key)}{complaint}" for key, complaint in found if complaint), None)

    return members if check else None


def _union(checks: list[Check | None]) -> Check | None:
    known = [check for check in checks if check]

    def union(value: object) -> str | None:
        complaints = [check(value) for check in known]
        if None in complaints:
            return None
        found = [complaint for complaint in complaints if complaint]
        wanted = [complaint.removeprefix(": Input should be ").rpartition(",")[0] for complaint in found]
        deep = (complaint for complaint in found if not complaint.startswith(":"))
        return next(deep, f": Input should be {' or '.join(wanted)}, not {kind(value)}")

    return union if len(known) == len(checks) else None


def _typed_reader(annotation: object, label: str) -> Read:
    from pydantic import ValidationError

    adapter = _adapter(annotation, label)

    def read(value: object) -> object:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            complaints = _complaints(error)
        try:  # a strict model reads more from JSON (a date, an enum), and the complaints are about JSON
            return adapter.validate_json(json.dumps(value))
        except TypeError:
            raise UnmarshalError(complaints) from None
        except ValidationError as error:
            unreadable = error.errors()[0]["type"] == "json_invalid"
            raise UnmarshalError(complaints if unreadable else _complaints(error)) from None

    return read


def _adapter(annotation: Any, label: str) -> TypeAdapter[Any]:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(annotation)
    except PydanticUserError as error:
        if error.code == "typed-dict-version":
            return TypeAdapter(_extended(annotation))
        raise UsageError(f"{label} wants {annotation!r}, which no JSON can be read as: {error.message}") from error


def _extended(annotation: Any) -> Any:
    """The same type with typing_extensions' TypedDict for typing's, which pydantic refuses before Python 3.12."""
    import typing

    import typing_extensions

    if typing.is_typeddict(annotation):
        required = annotation.__required_keys__
        hints = typing.get_type_hints(annotation, include_extras=True).items()
        fields = {name: _extended(hint) for name, hint in hints}
        made: Any = typing_extensions.TypedDict
        return made(
            annotation.__name__,
            {name: hint if name in required else _optional(hint) for name, hint in fields.items()},
        )
    args = getattr(annotation, "__args__", ())
    if all(one is _extended(one) for one in args):
        return annotation
    changed = tuple(map(_extended, args))
    if isinstance(annotation, type(int | str)):
        return typing.Union[changed]  # noqa: UP007
    return annotation.copy_with(changed) if hasattr(annotation, "copy_with") else annotation.__origin__[changed]


def _optional(hint: Any) -> Any:
    import typing

    marked = getattr(hint, "__origin__", None) in (typing.Required, typing.NotRequired)
    return hint if marked else typing.NotRequired[hint]


def _complaints(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [_line(one["loc"], one["msg"]) for one in found[:SHOWN]]
    return "; ".join(lines) + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def _line(location: tuple[object, ...], message: str) -> str:
    where = "".join(f"/{pointer(step)}" for step in location)
    return f"{where}: {message}" if where else message


def _resolved(text: str, names: Mapping[str, object], label: str) -> object:
    scope = {**vars(builtins), **names, "None": None}
    tokens = re.findall(r"\w+|\S", text)[::-1]
    try:
        found = _alternatives(tokens, scope)
        if not tokens:
            return found
    except (KeyError, IndexError, TypeError):
        pass
    import typing

    holder = type("Holder", (), {"__annotations__": {"input": text}})
    try:
        return typing.get_type_hints(holder, globalns=dict(names), include_extras=True)["input"]
    except NameError as error:
        raise UsageError(f"{label} wants {text!r}, but {error}; import it at run time too") from None


def _alternatives(tokens: list[str], scope: Mapping[str, Any]) -> Any:
    """`a[b, c] | d`, as tokens in reverse; what else an annotation may hold is a KeyError."""
    found = _subscripted(tokens, scope)
    while tokens and tokens[-1] == "|":
        tokens.pop()
        found = found | _subscripted(tokens, scope)
    return found


def _subscripted(tokens: list[str], scope: Mapping[str, Any]) -> Any:
    found = scope[tokens.pop()]
    while tokens and tokens[-1] == "[":
        args = []
        while tokens.pop() in ("[", ","):
            args.append(_alternatives(tokens, scope))
        found = found[args[0] if len(args) == 1 else tuple(args)]
    return found


def _typing(name: str) -> object:
    """A name of `typing`, if anybody has imported it; an object nothing else is, if nobody has."""
    return getattr(sys.modules.get("typing"), name, _typing)
