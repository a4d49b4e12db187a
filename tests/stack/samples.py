"""The stacks that the golden templates in tests/stack/golden show; `python -m tests.stack.samples` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from monostep import task
from monostep.language.inject import expand
from monostep.language.lint.verdict import lint
from monostep.stack.options import Options
from monostep.stack.project import Machine, Size, sized
from monostep.stack.template import made
from monostep.tasks import registry

GOLDEN = Path(__file__).parent / "golden"
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/orders@sha256:{'0a' * 32}"
SIZE = Size(512, 60)
ROLE = "arn:aws:iam::123456789012:role/report"


@task("Render", memory=2048, timeout=900)
def render(value: object) -> object:
    return value


ROLL = {
    "StartAt": "RollDie",
    "States": {
        "RollDie": {"Type": "TaskFn", "Next": "Enough"},
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.roll", "NumericGreaterThan": 3, "Next": "Done"}],
            "Default": "RollDie",
        },
        "Done": {"Type": "Succeed"},
    },
}
REPORT = {
    "QueryLanguage": "JSONata",
    "StartAt": "Pages",
    "States": {
        "Pages": {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "Arguments": {"Bucket": "${Bucket_Name}", "Prefix": "pages/"},
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Render",
                "States": {"Render": {"Type": "TaskFn", "End": True}},
            },
            "Next": "Print",
        },
        "Print": {
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask.sync",
            "Arguments": {
                "Cluster": "presses",
                "TaskDefinition": "print:7",
                "Overrides": {"ExecutionRoleArn": ROLE, "Cpu": "{% $string($states.input.cpu) %}"},
            },
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Arguments": {"TopicArn": "${TopicArn}", "Message": "done in ${AWS::Region}, 100 %{ sure }"},
            "End": True,
        },
    },
}
PING = {"StartAt": "Ping", "States": {"Ping": {"Type": "TaskFn", "End": True}}}
STACKS: dict[str, Options] = {
    "plain": Options(IMAGE, SIZE),
    "full": Options(
        IMAGE,
        Size(1024, 120),
        stage="prod",
        architecture="arm64",
        tracing=True,
        alarm_topic="arn:aws:sns:us-east-1:123456789012:ops",
        retention=90,
    ),
    "own-roles": Options(IMAGE, SIZE, role=ROLE, function_role=ROLE),
    "deployer": Options(IMAGE, SIZE, deployer=("shop/orders", "production")),
}
FORMATS = {"plain": ("cloudformation", "sam", "terraform"), "full": ("cloudformation", "sam", "terraform")}


def machines(options: Options) -> list[Machine]:
    tasks = registry.tasks(__name__)
    rows: list[tuple[str, str, Any]] = [("machine", "STANDARD", ROLL)]
    rows += [("nightly-report", "STANDARD", REPORT), ("ping", "EXPRESS", PING)]
    found = []
    for name, type, definition in rows:
        assert not [one for one in lint(definition, type) if one.severity == "ERROR"]
        label = None if name == "machine" else name
        found.append(sized(name, type, expand(definition, label), tasks, options.size))
    return found


def cases() -> list[tuple[str, str]]:
    """Stack and format of every golden template."""
    return [(name, format) for name in STACKS for format in FORMATS.get(name, ("cloudformation",))]


def template(name: str, format: str) -> dict[str, Any]:
    return made(format, machines(STACKS[name]), STACKS[name], "orders")


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, format in cases():
        text = json.dumps(template(name, format), indent=1, ensure_ascii=False)
        (GOLDEN / f"{name}.{format}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
