"""A machine and its tasks: load them, bind one to the other, run."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from monostep import definition
from monostep.calls.function import Context, Function, call, of_callable
from monostep.documents import adopt, copied
from monostep.engine import limits
from monostep.engine.compile import compile_machine
from monostep.engine.execution import Execution
from monostep.engine.frame import Frame
from monostep.engine.history import ExecutionInput
from monostep.engine.identity import Identity
from monostep.engine.program import Answer, Program
from monostep.engine.run import Run
from monostep.errors import InvalidDefinition, InvalidRequest, MarshalError, Unsupported, UsageError
from monostep.language.inject import expand
from monostep.language.lint.verdict import lint, rejection
from monostep.language.text.reading import read
from monostep.tasks import registry
from monostep.workflow.binding import Binder, envelope
from monostep.workflow.trace import Watch

if TYPE_CHECKING:
    from monostep.language.diagnostic import Diagnostic
    from monostep.language.machine import Machine

ROOT = Path(__file__).resolve().parents[2]
ROLE = "arn:aws:iam::123456789012:role/monostep"
_ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/.+")


NOTHING: Any = object()


class Workflow:
    """A definition (a dict, JSON text, or what `monostep.build` made), compiled once; `functions` answers its Tasks
    (see monostep.workflow.binding).

    Raises InvalidDefinition for whatever AWS would reject, UsageError for arguments that make no sense. A compiled
    workflow may run many times, in many threads at once.
    """

    def __init__(
        self,
        definition: Mapping[str, Any] | str | Machine,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        name: str = "machine",
        type: str = "STANDARD",
        role_arn: str | None = None,
        limits: bool = True,
        *,
        tasks: Mapping[str, registry.Task] | None = None,
        default: registry.Task | None = None,
        label: str | None = None,
    ) -> None:
        if type not in ("STANDARD", "EXPRESS"):
            raise UsageError(f"type is STANDARD or EXPRESS, not {type!r}")
        self.name = name
        self.type = type
        self.limits = limits
        self.role_arn = role_arn or ROLE
        found = _ROLE.fullmatch(self.role_arn)
        self.account = found[1] if found else "123456789012"
        with _collector_paused():
            self.machine = _accepted(definition, type, label)
            """The plain ASL that runs: TaskFn expanded."""
            calls = {key: task.call for key, task in (tasks or {}).items()}
            self._binder = Binder(functions or {}, calls, self.account, default.call if default else None)
            self._program: Program = compile_machine(self.machine, self._binder)

    @classmethod
    def load(cls, folder: str | Path = ".", **options: Any) -> Workflow:
        """A folder with a machine.json or machine.py and its tasks: the root of a project, or one of its
        workflows/<name>.
        """
        folder = Path(folder).resolve()
        source = definition.text(folder, lambda: load_tasks(folder))
        label = folder.name if folder.parent.name == "workflows" else None
        label = registry.DEPLOYER if folder == ROOT / "monostep" / "deploy" else label
        module = load_tasks(folder)
        options.setdefault("name", label or "machine")
        if module:
            options |= {"tasks": registry.tasks(module), "default": registry.default(module)}
        return cls(source, label=label, **options)

    def run(
        self,
        input: Any = NOTHING,
        name: str | None = None,
        mocks: Mapping[str, Callable[..., Any]] | None = None,
        real_time: bool = False,
        workers: int = 0,
        seed: int | None = None,
        start_time: datetime | None = None,
        watch: Watch | None = None,
    ) -> Execution:
        """Execute the machine on `input` (any JSON value; {} without one) and return what became of it.

        `mocks` answers states by their names, called with the effective input. Time is skipped unless `real_time`.
        `workers` runs the functions of Map and Parallel in a pool; `seed` fixes jitter and random intrinsics;
        `watch` is called with each event as it happens.
        Raises Unsupported for a Task that nobody answers, UsageError for arguments that make no sense, InvalidRequest
        for an input AWS would not take.
        """
        document, weight, sizes = self._input({} if input is NOTHING else input)
        if start_time is not None and start_time.tzinfo is None:
            raise UsageError("start_time needs a time zone: datetime.now(UTC)")
        if start_time is not None and start_time.year > 9997:
            raise UsageError(f"start_time {start_time.isoformat()} is too late: a run may take a year")
        if type(workers) is not int or workers < 0:
            raise UsageError(f"workers is a number of threads, not {workers!r}")
        answers = self._answers(mocks) if mocks else {}
        for state, refusal in self._program.unanswered.items():
            if state not in answers:
                raise refusal
        identity = Identity(self.name, self.type, self.account, self.role_arn, document, name, start_time)
        run = Run(
            self._program,
            identity,
            limited=self.limits,
            real_time=real_time,
            workers=workers,
            seed=seed,
            mocks=answers,
            watch=watch,
            sizes=sizes,
        )
        run.go(document, ExecutionInput(document), weight)
        return Execution(run)

    async def start(self, input: Any = NOTHING, **options: Any) -> Execution:
        """`run`, awaitable: it goes on in a thread of its own, of which there may be any number."""
        from monostep.workflow.thread import in_thread

        return await in_thread(lambda: self.run(input, **options))

    def _answers(self, mocks: Mapping[str, Callable[..., Any]]) -> dict[str, Answer]:
        for state in mocks:
            if state not in self._program.tasks:
                known = ", ".join(sorted(self._program.tasks)) or "none"
                raise UsageError(f"mocks[{state!r}]: the machine has no Task of that name; its Tasks: {known}")
        return {state: _mock(function, state) for state, function in mocks.items()}

    def _input(self, value: Any) -> tuple[Any, int, dict[int, tuple[Any, int]]]:
        sizes: dict[int, tuple[Any, int]] = {}
        try:
            document, bound = adopt(value)
        except MarshalError as error:
            raise InvalidRequest(f"the input is not JSON: {error}") from None
        if self.limits and bound > limits.PAYLOAD:
            bound = limits.measure(document, sizes)
            if bound > limits.PAYLOAD:
                raise InvalidRequest(
                    f"the input has {bound:,} bytes; an execution's input has at most {limits.PAYLOAD:,}"
                )
        return document, bound, sizes


@contextmanager
def _collector_paused() -> Iterator[None]:
    """All that compiling makes is kept: the garbage collector would walk it again and again, which at 5,000 states
    doubles the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _accepted(definition: Mapping[str, Any] | str | Machine, type: str, label: str | None) -> Mapping[str, Any]:
    document: Any = definition
    found: list[Diagnostic] = []
    if isinstance(definition, str):
        document, found = read(definition)
    elif hasattr(definition, "model_dump"):
        document = definition.model_dump()
    found = found or lint(document, type)
    for diagnostic in found:
        if diagnostic.code == "UNSUPPORTED":
            raise Unsupported(diagnostic.message, diagnostic.location)
    if any(diagnostic.severity == "ERROR" for diagnostic in found):
        raise InvalidDefinition(rejection(found), found)
    machine: Mapping[str, Any] = expand(copied(document), label)
    return machine


def _mock(function: Callable[..., Any], state: str) -> Answer:
    mocked: Function = of_callable(function, f"mocks[{state!r}]")

    def answer(given: Any, _frame: Frame) -> tuple[Any, int]:
        return call(mocked, given, Context(state, state), verbatim=True)

    return answer


def load_tasks(folder: Path) -> str | None:
    """Import a workflow's task module, by its name where it is part of this project; the module's name.

    None where there are no tasks.
    """
    for place, module in (
        (ROOT, "handler.tasks"),
        (ROOT / "monostep" / "deploy", registry.DEPLOYER_TASKS),
        (ROOT / "workflows" / folder.name, f"workflows.{folder.name}.tasks"),
    ):
        if folder == place:
            return module if _import(module) else None
    source = next((path for path in (folder / "handler" / "tasks.py", folder / "tasks.py") if path.is_file()), None)
    return _import_file(source) if source else None


def _import(module: str) -> bool:
    """Whether there is such a module; one that cannot be imported raises."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return False
    return True


def _import_file(source: Path) -> str:
    name = f"monostep_tasks_{abs(hash(source)):x}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, source)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return name


def users(container: Mapping[str, Any]) -> dict[str, list[str]]:
    """Task name -> the states whose event names it, at any depth of an expanded machine."""
    found: dict[str, list[str]] = {}
    for name, state in container.get("States", {}).items():
        task = envelope(state.get("Arguments", state.get("Parameters"))).get("Task")
        if isinstance(task, str):
            found.setdefault(task, []).append(name)
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for child in [*inner, *state.get("Branches", ())]:
            for key, names in users(child).items():
                found.setdefault(key, []).extend(names)
    return found
