"""Where a workflow's definition comes from: its machine.json, or its machine.py, whose `machine()` returns it.

A machine.py is code like tasks.py, and may name its tasks: while it runs, `tasks` is the workflow's own tasks.py. With
both files there are two sources, and they must say the same; but beside a machine.json, a machine.py that defines no
`machine` is some module of that name and no source.
"""

from __future__ import annotations

import json
import os
import sys

from monostep.errors import InvalidDefinition, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

TEXT, CODE = "machine.json", "machine.py"


def there(folder: str | os.PathLike[str]) -> bool:
    """Whether the folder is a workflow's."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in (TEXT, CODE))


def is_code(folder: str | os.PathLike[str]) -> bool:
    """Whether a workflow's only source is its machine.py."""
    return not os.path.isfile(os.path.join(folder, TEXT)) and os.path.isfile(os.path.join(folder, CODE))


def text(folder: str | os.PathLike[str], tasks: Callable[[], str | None]) -> str:
    """The definition in a folder as JSON text. `tasks` imports the workflow's tasks and says their module's name; it is
    called for a machine.py only.

    UsageError where there is no source, or two that differ; InvalidDefinition for a machine.py that fails, with its
    line.
    """
    said, code = os.path.join(folder, TEXT), os.path.join(folder, CODE)
    if not os.path.isfile(code) or (os.path.isfile(said) and not _defines_machine(code)):
        return _read(said)
    made = made_by(code, tasks())
    if os.path.isfile(said):
        written = _read(said)
        if _differs(written, made):
            raise UsageError(f"{said} and {CODE} differ; delete one, or write the JSON anew from the code")
        return written
    return json.dumps(made, ensure_ascii=False)


def made_by(code: str, tasks: str | None = None) -> Any:
    """What `machine()` of a file returns, as plain JSON; `tasks` is the module that it may import under that name."""
    from monostep.build.states import census
    from monostep.language.text.reading import plain

    with census() as made:
        try:
            machine = _module(code, tasks).machine()
        except InvalidDefinition:
            raise
        except Exception as error:
            raise InvalidDefinition(f"{_place(code, error)}: {type(error).__name__}: {error}") from error
    document = machine.model_dump() if hasattr(machine, "model_dump") else machine
    if not isinstance(document, dict):
        raise InvalidDefinition(f"{code}: machine() returned {machine!r:.80}, not what build(…) returns")
    if found := plain(document):
        raise InvalidDefinition(f"{code}: {found[0].message}", found)
    if lost := [repr(state) for state in made if not state.built]:
        raise InvalidDefinition(f"{code}: nothing leads to {', '.join(lost[:4])}: no machine holds what it makes")
    return document


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise UsageError(
            f"{path}: no such file; a workflow is a folder with a machine.json or machine.py, and a tasks.py"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _defines_machine(code: str) -> bool:
    import ast

    try:
        tree = ast.parse(_read(code))
    except (SyntaxError, ValueError):
        return True
    return any(isinstance(node, ast.FunctionDef) and node.name == "machine" for node in tree.body)


def _differs(written: str, made: Any) -> bool:
    try:
        return bool(json.loads(written) != made)
    except ValueError:
        return True


def _module(code: str, tasks: str | None) -> ModuleType:
    """The file as a module, run afresh each time: states are made once and linked once."""
    import importlib.util

    name = f"monostep_machine_{abs(hash(code)):x}"
    spec = importlib.util.spec_from_file_location(name, code)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    before = sys.modules.get("tasks")
    if tasks is not None:
        sys.modules["tasks"] = sys.modules[tasks]
    try:
        spec.loader.exec_module(module)
    finally:
        if before is not None:
            sys.modules["tasks"] = before
        elif tasks is not None:
            del sys.modules["tasks"]
    if not callable(getattr(module, "machine", None)):
        raise InvalidDefinition(f"{code}: it has no function machine() that returns the machine")
    return module


def _place(code: str, error: BaseException) -> str:
    """`machine.py:12`: the last line of the file itself that the failure came through."""
    lines = [number for name, number in _frames(error) if os.path.abspath(name) == os.path.abspath(code)]
    number = lines[-1] if lines else getattr(error, "lineno", None)
    return f"{code}:{number}" if number else code


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
