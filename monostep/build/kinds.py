"""One function for each kind of state, under the name the language has for it, and those for what is inside states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from monostep.build.fields import (
    BranchFields,
    FailFields,
    MapFields,
    ParallelFields,
    PassFields,
    ProcessorFields,
    StepFields,
    TaskFields,
    Through,
    WaitFields,
)
from monostep.build.integrations import integration
from monostep.build.states import Branch, Final, State, Work
from monostep.build.values import plain
from monostep.language.machine import Machine
from monostep.tasks import registry

Sub = State | Branch | Machine
"""What a Parallel or a Map holds: the state it starts at is enough."""


def step(task: Callable[..., object] | str, name: str | None = None, **fields: Unpack[StepFields]) -> Work:
    """A TaskFn: a step that one of the project's own functions does. `task` is the `@task` function or its name,
    `name` the state's where it has another.
    """
    known = task if isinstance(task, str) else _registered(task)
    more = {} if name is None or name == known else {"Task": known}
    return Work("TaskFn", known if name is None else name, {**more, **fields})


def _registered(function: Callable[..., object]) -> str:
    """The name a function has as a task. What a later decorator made of it counts as the function."""
    inside: Any = function
    while inside is not None:
        for name, known in registry.tasks(getattr(inside, "__module__", "")).items():
            if known.function is inside:
                return name
        inside = getattr(inside, "__wrapped__", None)
    raise TypeError(f"{getattr(function, '__name__', function)!r} is no task; decorate it with @task")


def Task(name: str, resource: str, **fields: Unpack[TaskFields]) -> Work:
    """A Task of any resource, its parameters unchecked: a Lambda's ARN, an activity's, `${LambdaArn}`."""
    return Work("Task", name, {"Resource": resource, **fields})


def call(name: str, service: str, **fields: Unpack[TaskFields]) -> Work:
    """A Task that calls AWS: `call("Tell", "sns:publish", Parameters={"TopicArn": …, "Message.$": "$.text"})`.

    `service` is the end of the resource's ARN, pattern included: `ecs:runTask.sync`, `aws-sdk:s3:headObject`. The
    parameters are checked against botocore's models, where botocore is installed. TypeError for a service, action,
    pattern or parameter that is not AWS's, or one that is missing.
    """
    given = plain(dict(fields))
    resource = integration(service, given, f"call {name!r}")
    return Work("Task", name, {"Resource": resource, **given})


def Pass(name: str, **fields: Unpack[PassFields]) -> State:
    return State("Pass", name, fields)


def Wait(name: str, **fields: Unpack[WaitFields]) -> State:
    return State("Wait", name, fields)


def Succeed(name: str, **fields: Unpack[Through]) -> Final:
    return Final("Succeed", name, fields)


def Fail(name: str, **fields: Unpack[FailFields]) -> Final:
    return Final("Fail", name, fields)


def Parallel(name: str, *branches: Sub, **fields: Unpack[ParallelFields]) -> Work:
    """All branches at once: `Parallel("Both", left, right)`."""
    return Work("Parallel", name, fields, *map(_branch, branches))


def Map(name: str, item: Sub, **fields: Unpack[MapFields]) -> Work:
    """The same for each item: `Map("Each", pack, ItemsPath="$.items", MaxConcurrency=3)`."""
    return Work("Map", name, fields, _branch(item))


def branch(start: State | Machine, **fields: Unpack[BranchFields]) -> Branch:
    return Branch(start, fields)


def processor(start: State | Machine, **fields: Unpack[ProcessorFields]) -> Branch:
    """What a Map does with each item: `processor(a, ProcessorConfig={"Mode": "DISTRIBUTED", …})`."""
    return Branch(start, fields)


def iterator(start: State | Machine, **fields: Unpack[ProcessorFields]) -> Branch:
    """A processor under its old name, Iterator."""
    return Branch(start, fields, "Iterator")


def _branch(given: Sub) -> Branch:
    return given if isinstance(given, Branch) else Branch(given, {})
