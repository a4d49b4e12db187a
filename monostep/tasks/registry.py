"""Name -> function: what `@task` knows. A task's name is the name of its state, so it obeys ASL's rules for those.

Tasks are kept by the module that defines them: two workflows may both have a Charge. A function is looked at when it
is decorated, from its code object (`inspect` costs a cold start 8 ms), so a signature that cannot be called stops the
import.
"""

from __future__ import annotations

from monostep.errors import UnmarshalError, UsageError
from monostep.tasks import inputs, payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any, Protocol, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., object])

    class Decorator(Protocol):
        @overload
        def __call__(self, name: F) -> F: ...
        @overload
        def __call__(
            self, name: str | None = None, *, memory: int | None = None, timeout: int | None = None
        ) -> Callable[[F], F]: ...
        def default(self, function: F) -> F: ...


TAKEN = "a task takes its Input and, if it wants, the Lambda context"
DEPLOYER, DEPLOYER_TASKS = "deployer", "monostep.deploy.tasks"
"""The one reserved workflow: its name, and the module of its tasks."""
NAME_LIMIT = 80  # characters of a state's name
VARARGS, GENERATOR, ASYNC_GENERATOR = 0x04, 0x20, 0x200  # flags of a code object


class Task:
    """A function under its name. `call` is the whole of it: typed input in, plain JSON out."""

    __slots__ = ("_read", "_takes_context", "function", "memory", "module", "name", "timeout")

    def __init__(self, name: str, function: Callable[..., object]) -> None:
        self._takes_context = _takes_context(name, function)
        self.name = name
        self.function = function
        self.module = function.__module__
        self.memory: int | None = None
        self.timeout: int | None = None
        """MB and seconds, where the task asks for a Lambda of its own size: `template` gives it one."""
        self._read: inputs.Read | None = None

    def call(self, value: object, context: object = None) -> Any:
        """The result as plain JSON. UnmarshalError, MarshalError, or whatever the function raises."""
        return payload.plain(self.run(value, context))

    def run(self, value: object, context: object = None) -> object:
        """What the function returned, as it is: for a caller that encodes it."""
        read = self._read or self._reader()
        try:
            typed = read(value)
        except RecursionError:
            raise UnmarshalError("the input is nested too deeply") from None
        result = self.function(typed, context) if self._takes_context else self.function(typed)
        return _awaited(result) if hasattr(type(result), "__await__") else result

    @property
    def signature(self) -> str:
        """`(order: Order) -> Receipt`, as the source says it."""
        import inspect

        said = inspect.signature(self.function)
        plain = [one.replace(annotation=_said(one.annotation, self.module)) for one in said.parameters.values()]
        return str(said.replace(parameters=plain, return_annotation=_said(said.return_annotation, self.module)))

    @property
    def location(self) -> str:
        """`handler.tasks:12`"""
        return _location(self.function)

    def _reader(self) -> inputs.Read:
        function, label = _declared(self.function), f"task {self.name} ({self.location})"
        try:
            annotation = function.__annotations__.get(function.__code__.co_varnames[0], object)
        except NameError as error:  # from Python 3.14 on, annotations are read when they are asked for
            raise UsageError(f"{label} is annotated with what its module does not have: {error}") from None
        self._read = inputs.reader(annotation, function.__globals__, label)
        return self._read


class _Said:
    """An annotation that prints as its source: inspect would quote those that are text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _said(annotation: object, module: str) -> Any:
    import inspect

    if annotation is inspect.Signature.empty:
        return annotation
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _Said(text.replace(f"{module}.", ""))


class _Module:
    """The tasks of one module; `names` are its globals, by which a module imported afresh is known."""

    __slots__ = ("default", "names", "tasks")

    def __init__(self, names: object) -> None:
        self.names = names
        self.tasks: dict[str, Task] = {}
        self.default: Task | None = None


_modules: dict[str, _Module] = {}


def tasks(module: str) -> dict[str, Task]:
    """The tasks a module defines, by name, in the order of its source."""
    known = _modules.get(module)
    return dict(known.tasks) if known else {}


def find(module: str, name: str) -> Task | None:
    known = _modules.get(module)
    return known.tasks.get(name) if known else None


def default(module: str) -> Task | None:
    """The task that takes events without a Task, whole."""
    known = _modules.get(module)
    return known.default if known else None


class _Decorator:
    def __call__(self, name: Any = None, *, memory: int | None = None, timeout: int | None = None) -> Any:
        if name is not None and not isinstance(name, str):
            return self._register(getattr(name, "__name__", ""), name)

        def register(function: Any) -> Any:
            self._register(getattr(function, "__name__", "") if name is None else name, function, memory, timeout)
            return function

        return register

    def default(self, function: Any) -> Any:
        task = Task(getattr(function, "__name__", ""), function)
        module = _module(function)
        if module.default and not _same(module.default.function, function):
            raise UsageError(f"{_location(function)} has a second default task; the first is {module.default.location}")
        module.default = task
        return function

    def _register(self, name: str, function: Any, memory: int | None = None, timeout: int | None = None) -> Any:
        task = Task(name, function)
        _check_name(name, function)
        task.memory = _size(memory, 128, 10_240, "memory", "MB", task)
        task.timeout = _size(timeout, 1, 900, "timeout", "seconds", task)
        module = _module(function)
        other = module.tasks.get(name)
        if other and not _same(other.function, function):
            raise UsageError(f"task {name} ({task.location}) is defined before, at {other.location}; rename one")
        module.tasks[name] = task
        return function


task: Decorator = _Decorator()


def _module(function: FunctionType) -> _Module:
    known = _modules.get(function.__module__)
    names = _declared(function).__globals__
    if known is None or known.names is not names:
        known = _modules[function.__module__] = _Module(names)
    return known


def _same(one: Any, other: Any) -> bool:
    """Whether this is one definition, run again by a reload."""
    return one.__qualname__ == other.__qualname__ and _location(one) == _location(other)


def _check_name(name: str, function: FunctionType) -> None:
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable() or name == "<lambda>":
        raise UsageError(
            f"task {name!r} ({_location(function)}) cannot be called that: "
            f"a name has 1 to {NAME_LIMIT} printable characters; give one with @task('Name')"
        )


def _size(value: int | None, least: int, most: int, name: str, unit: str, task: Task) -> int | None:
    if value is None or (type(value) is int and least <= value <= most):
        return value
    raise UsageError(
        f"task {task.name} ({task.location}) asks for {name}={value!r}: Lambda takes {least} to {most} {unit}"
    )


def _takes_context(name: str, function: Any) -> bool:
    """Whether a function wants the Lambda context; UsageError if it cannot be a task at all."""
    if type(function) is not type(_location):
        raise UsageError(f"@task goes on a plain function, and {function!r} is {payload.kind(function)}")
    declared = _declared(function)
    if complaint := _misfit(declared):
        raise UsageError(f"task {name} ({_location(function)}) {complaint}")
    return bool(declared.__code__.co_argcount > 1)


def _misfit(function: FunctionType) -> str | None:
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    owner = function.__qualname__.rpartition(".")[0]
    if owner and not owner.endswith("<locals>"):
        return f"is a method of {owner}; a task is a function of its module"
    if code.co_flags & (GENERATOR | ASYNC_GENERATOR):
        return "is a generator; return the result instead of yielding it"
    if not names:
        return f"takes no input; {TAKEN}"
    if len(names) - len(defaults) > 2:
        return f"needs {len(names) - len(defaults)} arguments; {TAKEN}"
    if code.co_kwonlyargcount > len(function.__kwdefaults__ or {}):
        return "has a keyword argument without a default; nobody would give it"
    if len(names) > 1 and len(defaults) >= len(names) - 1 and defaults[1 - len(names)] is not None:
        return f"would get the Lambda context for {names[1]}; make {names[1]} keyword-only"
    return None


def _declared(function: Any) -> Any:
    """The function whose parameters count: the one inside a decorator that passes everything on."""
    while function.__code__.co_flags & VARARGS and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _location(function: Any) -> str:
    return f"{function.__module__}:{_declared(function).__code__.co_firstlineno}"


def _awaited(awaitable: Any) -> object:
    from monostep.tasks.loop import complete

    return complete(awaitable)
