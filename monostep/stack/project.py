"""The workflows of a project as AWS will have them: plain ASL, checked, each with the Lambdas its tasks ask for."""

from __future__ import annotations

import getpass
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from monostep.definition import text, there
from monostep.errors import InvalidDefinition, UsageError
from monostep.language.inject import PLACEHOLDER, expand, substitute
from monostep.language.lint.verdict import lint, rejection
from monostep.language.text.reading import read
from monostep.tasks import registry
from monostep.workflow.run import ROOT, load_tasks

RESERVED = ("deployer", "ecr")
"""Names that `policy` and `template` give a meaning of their own."""
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_.:-]+)\}")


class Size(NamedTuple):
    """What a Lambda has: MB, seconds. The project's own size is the first; others are named after what differs."""

    memory: int
    timeout: int

    @property
    def suffix(self) -> str:
        return f"M{self.memory}T{self.timeout}"


class Machine(NamedTuple):
    """`definition` is plain ASL in which `${LambdaArn}`, and `${LambdaArnM2048T900}` for other sizes, stand for the
    Lambdas; `substitutions` are the other placeholders, `sizes` the Lambdas by placeholder.
    """

    name: str
    type: str
    definition: Mapping[str, Any]
    sizes: Mapping[str, Size]

    @property
    def substitutions(self) -> list[str]:
        found = {name for name in _names(self.definition) if name not in self.sizes}
        return sorted(found)


def machines(size: Size, express: Sequence[str] = (), root: Path = ROOT) -> list[Machine]:
    """Every workflow of the project, the default one first; UsageError where there is none."""
    folders = [root, *sorted((root / "workflows").glob("*/"))]
    found = [folder for folder in folders if there(folder)]
    if not found:
        raise UsageError(f"{root}: no machine.json or machine.py, and none in workflows/*")
    names = [_name(folder, root) for folder in found]
    if strangers := set(express) - set(names):
        raise UsageError(f"--express {', '.join(sorted(strangers))}: no such workflow; there are: {', '.join(names)}")
    return [machine(folder, size, express, root) for folder in found]


def machine(folder: Path, size: Size, express: Sequence[str] = (), root: Path = ROOT) -> Machine:
    """One workflow; InvalidDefinition with its findings if AWS would reject it."""
    name = _name(folder, root)
    type = "EXPRESS" if name in express else "STANDARD"
    document, findings = read(text(folder, lambda: load_tasks(folder)))
    findings = findings or lint(document, type)
    if any(finding.severity == "ERROR" for finding in findings):
        raise InvalidDefinition(f"{folder}: {rejection(findings)}", findings)
    label = None if folder == root else folder.name
    return sized(name, type, expand(document, label), _tasks(folder), size)


def sized(name: str, type: str, definition: Any, tasks: Mapping[str, registry.Task], size: Size) -> Machine:
    """The machine with a placeholder for each size of Lambda that its tasks ask for."""
    sizes = {"LambdaArn": size}
    for task in tasks.values():
        own = Size(task.memory or size.memory, task.timeout or size.timeout)
        if own != size:
            sizes[f"LambdaArn{own.suffix}"] = own
    plain = _resized(definition, tasks, size) if len(sizes) > 1 else definition
    used = set(_names(plain))
    return Machine(name, type, plain, {key: sizes[key] for key in sorted(sizes) if key in used})


def _tasks(folder: Path) -> Mapping[str, registry.Task]:
    module = load_tasks(folder)
    return registry.tasks(module) if module else {}


def _resized(value: Any, tasks: Mapping[str, registry.Task], size: Size) -> Any:
    """States whose task asks for another size name the Lambda that has it."""
    if isinstance(value, list):
        return [_resized(item, tasks, size) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("Type") == "Task":
        return _pointed(value, tasks, size)
    return {key: _resized(item, tasks, size) for key, item in value.items()}


def _pointed(state: Mapping[str, Any], tasks: Mapping[str, registry.Task], size: Size) -> Mapping[str, Any]:
    arguments = state.get("Arguments", state.get("Parameters"))
    event = arguments.get("Payload", arguments) if isinstance(arguments, Mapping) else {}
    name = event.get("Task") if isinstance(event, Mapping) else None
    task = tasks.get(name) if isinstance(name, str) else None
    if task is None or not (task.memory or task.timeout):
        return state
    own = Size(task.memory or size.memory, task.timeout or size.timeout)
    if own == size:
        return state
    name = f"LambdaArn{own.suffix}"
    pointed = {key: state[key] for key in state if key not in ("Resource", "Parameters", "Arguments")}
    field = "Arguments" if "Arguments" in state else "Parameters"
    where = partial(_point, name=name)
    changed = {"Resource": where(state["Resource"])}
    if isinstance(arguments, Mapping) and "FunctionName" in arguments:
        changed[field] = {**arguments, "FunctionName": where(arguments["FunctionName"])}
    elif arguments is not None:
        changed[field] = arguments
    return {key: changed.get(key, pointed.get(key)) for key in state}


def _point(text: Any, name: str) -> Any:
    return f"${{{name}}}" if text == PLACEHOLDER else text


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return _SUBSTITUTION.findall(value)
    if isinstance(value, Mapping):
        return [name for item in value.values() for name in _names(item)]
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    return []


def _name(folder: Path, root: Path) -> str:
    if folder.name in RESERVED and folder != root:
        raise UsageError(f"{folder}: a workflow cannot be called {folder.name}; the name is taken")
    return "machine" if folder == root else folder.name


def title(root: Path = ROOT) -> str:
    """The project's name, as its pyproject.toml has it, else its folder's; fit for a stack."""
    name = root.name
    if (root / "pyproject.toml").is_file():
        name = tomllib.loads((root / "pyproject.toml").read_text("utf-8")).get("project", {}).get("name", name)
    return fit(name) or "workflows"


def stack_name(name: str | None, stage: str | None, user_scoped: bool, root: Path = ROOT) -> str:
    """`orders-prod`, `orders-dev-jane`: what two people or two stages call their own."""
    parts = [fit(name) if name else title(root), fit(stage or "")]
    if user_scoped:
        parts.append(fit(getpass.getuser()))
    whole = "-".join(part for part in parts if part)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", whole):
        raise UsageError(f"{whole!r} cannot name a stack: a letter, then up to 99 letters, digits and hyphens")
    return whole


def fit(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def filled(definition: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    """The definition with its placeholders replaced."""
    return substitute(definition, names)
