"""TaskFn to plain ASL: the envelope that carries a task's name to the one Lambda.

`expand` works on the JSON itself, not on models, so that printing a machine imports nothing heavy and keeps the order
of every key. Whatever is not shaped like a machine is left as it is: refusing it is the linter's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from monostep.errors import Unsupported

PLACEHOLDER = "${LambdaArn}"
INVOKE = "arn:aws:states:::lambda:invoke"
CALLBACK = INVOKE + ".waitForTaskToken"
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_.:-]+)\}")


def expand(machine: Any, workflow: str | None = None) -> Any:
    """The machine with every TaskFn, at any depth, made a Task; `workflow` names any workflow but the default one.

    The argument is never changed; parts without a TaskFn are shared with it. Raises Unsupported where a TaskFn asks for
    what plain ASL cannot say.
    """
    if not isinstance(machine, Mapping):
        return machine
    jsonata = machine.get("QueryLanguage") == "JSONata"
    return _expand_container(machine, jsonata, workflow, "")


def _expand_container(container: Mapping[str, Any], jsonata: bool, workflow: str | None, location: str) -> Any:
    states = container.get("States")
    if not isinstance(states, Mapping):
        return container
    expanded = {
        name: _expand_state(name, s, jsonata, workflow, f"{location}/States/{name}") for name, s in states.items()
    }
    if all(expanded[name] is state for name, state in states.items()):
        return container
    return {key: expanded if key == "States" else value for key, value in container.items()}


def _expand_state(name: str, state: Any, jsonata: bool, workflow: str | None, location: str) -> Any:
    if not isinstance(state, Mapping):
        return state
    if state.get("Type") == "TaskFn":
        return _task(name, state, jsonata, workflow, location)
    changed: dict[str, Any] = {}
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(key), Mapping):
            changed[key] = _expand_container(state[key], jsonata, workflow, f"{location}/{key}")
    if isinstance(state.get("Branches"), list):
        changed["Branches"] = [
            _expand_container(branch, jsonata, workflow, f"{location}/Branches[{i}]")
            if isinstance(branch, Mapping)
            else branch
            for i, branch in enumerate(state["Branches"])
        ]
        if all(new is old for new, old in zip(changed["Branches"], state["Branches"], strict=True)):
            del changed["Branches"]
    if all(changed[key] is state[key] for key in changed):
        return state
    return {**state, **changed}


def _task(
    name: str, state: Mapping[str, Any], machine_jsonata: bool, workflow: str | None, location: str
) -> dict[str, Any]:
    jsonata = state.get("QueryLanguage", "JSONata" if machine_jsonata else "JSONPath") == "JSONata"
    field = "Arguments" if jsonata else "Parameters"
    resource = state.get("Resource", PLACEHOLDER)
    own = {field: state[field]} if field in state else {}
    envelope: dict[str, Any] = {"Task": state.get("Task", name)}
    if workflow is not None:
        envelope["Workflow"] = workflow
    if own:
        envelope["Input"] = own[field]
    elif jsonata:
        envelope["Input"] = "{% $states.input %}"
    else:
        envelope["Input.$"] = "$"
    if resource == CALLBACK:
        envelope |= {"TaskToken": "{% $states.context.Task.Token %}"} if jsonata else {"TaskToken.$": "$$.Task.Token"}
    if resource in (INVOKE, CALLBACK):
        envelope = {"FunctionName": PLACEHOLDER, "Payload": envelope}
    expanded: dict[str, Any] = {}
    for key, value in state.items():
        if key == "Type":
            expanded["Type"] = "Task"
            if "Resource" not in state:
                expanded["Resource"] = resource
            if not own:
                expanded[field] = envelope
        elif key == field:
            expanded[field] = envelope
        elif key != "Task":
            expanded[key] = value
    if resource == INVOKE:
        _unwrap(expanded, jsonata, location)
    return expanded


def _unwrap(state: dict[str, Any], jsonata: bool, location: str) -> None:
    """Make the Payload of lambda:invoke the result, where the state does not say itself what it takes of the result."""
    if jsonata:
        if "Output" not in state:
            state["Output"] = "{% $states.result.Payload %}"
    elif "ResultSelector" in state or state.get("ResultPath", "$") is None:
        return
    elif state.get("ResultPath", "$") != "$":
        raise Unsupported(
            "A TaskFn through lambda:invoke cannot put its bare Payload at a ResultPath: "
            "leave out its Resource, or add a ResultSelector over $.Payload",
            f"{location}/ResultPath",
        )
    elif isinstance(state.get("OutputPath", "$"), str):
        state["OutputPath"] = "$.Payload" + state.get("OutputPath", "$")[1:]


def substitute(value: Any, names: Mapping[str, str]) -> Any:
    """`${Name}` filled in for the given names, in every string of the machine; other placeholders stay."""
    if isinstance(value, str):
        return _SUBSTITUTION.sub(lambda found: names.get(found[1], found[0]), value) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: substitute(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, names) for item in value]
    return value


def placeholder(text: str) -> str | None:
    """The name, where the text is exactly one `${Name}`."""
    found = _SUBSTITUTION.fullmatch(text)
    return found[1] if found else None
