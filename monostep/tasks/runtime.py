"""The Lambda entry: an event goes to the function registered under its Task, and every way to fail gets a stable name.

awslambdaric reports an exception by its class's `__name__` and `str()`, and lives only if both can be sent: what a task
raises is raised again in that form. `handle` answers with the value, as Lambda handlers do; `respond` with its text, so
that the Lambda mode writes it once.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from time import perf_counter

from monostep.errors import MarshalError, StateError, TaskError, UnmarshalError
from monostep.tasks import log, payload, registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESPONSE_LIMIT = 6_291_556  # bytes of a synchronous answer
OURS = {
    "monostep.tasks.runtime",
    "monostep.tasks.registry",
    "monostep.tasks.payload",
    "monostep.tasks.inputs",
    "monostep.tasks.loop",
}


def handle(event: object, context: object = None) -> Any:
    """Route an event; the result as plain JSON. Raises exceptions whose class carries the ASL error name."""
    return json.loads(respond(event, context))


def respond(event: object, context: object = None) -> bytes:
    """`handle`, answering with the JSON text that is sent."""
    began = perf_counter()
    try:
        result = _sized(payload.encode(_run(event, context)))
    except BaseException as error:
        reported = _reported(error)
        if _log:
            _log.write(event, context, began, None, type(reported).__name__)
        raise reported  # noqa: B904
    if _log:
        _log.write(event, context, began, result, None)
    return result


def _run(event: object, context: Any) -> object:
    if not isinstance(event, dict) or "Task" not in event:
        return _default().run(event, context)
    task = _find(event["Task"], event.get("Workflow"))
    if "Input" not in event:
        raise UnmarshalError(f'the event has a Task, {task.name}, but no Input; a state sends "Input.$": "$"')
    if "TaskToken" in event and context is not None:
        context.task_token = event["TaskToken"]
    return task.run(event["Input"], context)


def _sized(text: bytes) -> bytes:
    if len(text) > RESPONSE_LIMIT:
        raise MarshalError(f"the result has {len(text):,} bytes; a Lambda answers with at most {RESPONSE_LIMIT:,}")
    return text


def _default() -> registry.Task:
    module = load(None)
    if found := registry.default(module):
        return found
    raise TaskError(f"no Task in the event, and no default task; {_known(module)}")


def _find(name: object, workflow: object) -> registry.Task:
    module = load(workflow)
    if not isinstance(name, str):
        raise TaskError(f"Task is the name of a function, not {payload.kind(name)}; {_known(module)}")
    if found := registry.find(module, name):
        return found
    raise TaskError(f"no task {name!r} in {module}; {_known(module)}")


def _known(module: str) -> str:
    names = sorted(registry.tasks(module))
    return f"known: {', '.join(names)}" if names else f"{module} has none"


def load(workflow: object) -> str:
    """Import the task module of a workflow, the default one for None; its name. TaskError if there is none."""
    if workflow is None:
        module = "handler.tasks"
    elif workflow == registry.DEPLOYER:
        module = registry.DEPLOYER_TASKS
    elif isinstance(workflow, str) and workflow.isascii() and workflow.replace("-", "").replace("_", "").isalnum():
        module = f"workflows.{workflow}.tasks"
    else:
        raise TaskError(f"Workflow is the name of a folder, not {workflow!r}")
    try:
        import_module(module)  # even if sys.modules has it: another thread may be in the middle of importing it
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        wanted = "default workflow" if workflow is None else f"workflow {workflow!r}"
        raise TaskError(f"no {wanted}: there is no module {error.name}") from None
    return module


def _reported(error: BaseException) -> Exception:
    """The error as awslambdaric can report it, its traceback beginning in the user's code."""
    name, message = payload.failure(error)
    theirs = payload.theirs(error.__traceback__, OURS)
    if isinstance(error, Exception) and type(error).__name__ == name and _says(error, message):
        return error.with_traceback(theirs)
    sent = _class(name)(name, message).with_traceback(theirs)
    sent.__cause__ = error
    return sent


def _says(error: Exception, message: str) -> bool:
    try:
        return str(error) == message
    except BaseException:
        return False


@lru_cache(maxsize=1000)
def _class(name: str) -> type[StateError]:
    return type(name, (StateError,), {"__module__": "monostep.errors"})


_log = log.settings() if "AWS_LAMBDA_RUNTIME_API" in os.environ else None

if "AWS_LAMBDA_RUNTIME_API" in os.environ:  # in the Lambda the default workflow's import belongs to the init phase
    with suppress(TaskError):
        load(None)
