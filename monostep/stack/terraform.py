"""The same stack for Terraform, as main.tf.json: for provider hashicorp/aws 5.75 or later.

Checked against a table of the provider's attributes (tests/cases/terraform.json); `terraform validate` is not run here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from monostep.stack import alarms
from monostep.stack.cloudformation import ALIAS, lambdas, parameter, prefixes
from monostep.stack.options import Options
from monostep.stack.permissions import function_name, machine_name, of_machine
from monostep.stack.policy import document
from monostep.stack.project import Machine, Size

_TOKEN = re.compile(r"\$\{([\w.:-]+)\}|\$\{|%\{")
PLACES = {
    "AWS::Partition": "data.aws_partition.current.partition",
    "AWS::Region": "data.aws_region.current.id",
    "AWS::AccountId": "data.aws_caller_identity.current.account_id",
}


def template(machines: Sequence[Machine], options: Options, stack: str) -> dict[str, Any]:
    """What main.tf.json says; `stack` begins every name."""
    sizes = lambdas(machines, options.size)
    resources: dict[str, dict[str, Any]] = {}
    for key, size in sizes.items():
        _add(resources, _function(key, size, options, stack))
    if not options.function_role:
        _add(resources, _function_role(sizes, options, stack))
    for machine, prefix in zip(machines, prefixes(machines).values(), strict=True):
        _add(resources, _machine(f"{prefix or 'Default'}", machine, options, stack))
    _add(resources, {"aws_cloudwatch_dashboard": {"dashboard": _dashboard(machines, sizes, stack)}})
    names = sorted({name for machine in machines for name in machine.substitutions if name not in PLACES})
    found = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.75"}}},
        "data": {
            "aws_partition": {"current": {}},
            "aws_region": {"current": {}},
            "aws_caller_identity": {"current": {}},
        },
        "variable": {parameter(name): {"type": "string", "description": f"What {name} stands for"} for name in names},
        "resource": resources,
        "output": _outputs(machines, sizes),
    }
    return {key: value for key, value in found.items() if value}


def hcl(text: str, names: Mapping[str, str]) -> str:
    """A text as Terraform reads it: the given `${Name}` become expressions, any other `${` and `%{` stay letters."""

    def one(hit: re.Match[str]) -> str:
        if hit[1] in names:
            return f"${{{names[hit[1]]}}}"
        return hit[0][0] + hit[0]

    return _TOKEN.sub(one, text)


def _add(resources: dict[str, dict[str, Any]], more: Mapping[str, Mapping[str, Any]]) -> None:
    for kind, items in more.items():
        resources.setdefault(kind, {}).update(items)


def _id(key: str) -> str:
    return "function" + key.removeprefix("LambdaArn").lower()


def _tags(options: Options) -> dict[str, Any]:
    return {"tags": options.tags} if options.tags else {}


def _function(key: str, size: Size, options: Options, stack: str) -> dict[str, Any]:
    name, logs = function_name(stack, key), f"{_id(key)}_logs"
    properties = {
        "function_name": name,
        "package_type": "Image",
        "image_uri": options.image,
        "memory_size": size.memory,
        "timeout": size.timeout,
        "architectures": [options.architecture],
        "role": options.function_role or "${aws_iam_role.function.arn}",
        "publish": True,
        "logging_config": {"log_format": "JSON", "log_group": f"${{aws_cloudwatch_log_group.{logs}.name}}"},
        **({"tracing_config": {"mode": "Active"}} if options.tracing else {}),
        **_tags(options),
    }
    return {
        "aws_lambda_function": {_id(key): properties},
        "aws_cloudwatch_log_group": {logs: _group(f"/aws/lambda/{name}", options)},
    }


def _group(name: str, options: Options) -> dict[str, Any]:
    return {"name": name, "retention_in_days": options.retention, **_tags(options)}


def _function_role(sizes: Mapping[str, Size], options: Options, stack: str) -> dict[str, Any]:
    groups = [f"${{aws_cloudwatch_log_group.{_id(key)}_logs.arn}}:*" for key in sizes]
    statements = [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": groups}]
    if options.tracing:
        actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        statements.append({"Effect": "Allow", "Action": actions, "Resource": ["*"]})
    policy = {"Version": "2012-10-17", "Statement": statements}
    return _role("function", f"{stack}-function", "lambda.amazonaws.com", json.dumps(policy), options)


def _role(key: str, name: str, principal: str, policy: str, options: Options) -> dict[str, Any]:
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    if principal.startswith("states"):
        account = f"${{{PLACES['AWS::AccountId']}}}"
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    assumed = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    found: dict[str, Any] = {
        "aws_iam_role": {key: {"name": name, "assume_role_policy": assumed, **_tags(options)}},
    }
    own = {"name": "execution", "role": f"${{aws_iam_role.{key}.id}}", "policy": policy}
    return {**found, "aws_iam_role_policy": {key: own}}


def _machine(prefix: str, machine: Machine, options: Options, stack: str) -> dict[str, Any]:
    key, name = f"{prefix.lower()}_machine", machine_name(stack, machine.name)
    variables = {one: f"var.{parameter(one)}" for one in machine.substitutions if one not in PLACES} | PLACES
    arns = {one: f"aws_lambda_function.{_id(one)}.qualified_arn" for one in machine.sizes}
    definition = json.dumps(machine.definition, ensure_ascii=False)
    properties = {
        "name": name,
        "type": machine.type,
        "role_arn": options.role or f"${{aws_iam_role.{key}.arn}}",
        "definition": hcl(definition, variables | arns),
        "publish": True,
        "logging_configuration": {
            "log_destination": f"${{aws_cloudwatch_log_group.{key}_logs.arn}}:*",
            "include_execution_data": False,
            "level": "ALL" if machine.type == "EXPRESS" else "ERROR",
        },
        **({"tracing_configuration": {"enabled": True}} if options.tracing else {}),
        **_tags(options),
    }
    group = _group(f"/aws/vendedlogs/states/{name}", options)
    version = f"${{aws_sfn_state_machine.{key}.state_machine_version_arn}}"
    alias = {"name": ALIAS, "routing_configuration": [{"state_machine_version_arn": version, "weight": 100}]}
    found: dict[str, Any] = {"aws_cloudwatch_log_group": {f"{key}_logs": group}}
    if not options.role:
        statements = [
            one for one in of_machine(machine, stack, options.pass_roles, True, options.tracing) if one.actions
        ]
        policy = hcl(json.dumps(document(statements)), variables)
        _add(found, _role(key, name, "states.amazonaws.com", policy, options))
        properties["depends_on"] = [f"aws_iam_role_policy.{key}"]
    found["aws_sfn_state_machine"] = {key: properties}
    found["aws_sfn_alias"] = {key: alias}
    found["aws_cloudwatch_metric_alarm"] = _alarms(key, name, machine, options)
    return found


def _alarms(key: str, name: str, machine: Machine, options: Options) -> dict[str, Any]:
    found = {}
    for end, metric, says in alarms.FAILURES:
        plain = alarms.alarm(metric, says, machine.name)
        snake = {re.sub(r"(?<!^)([A-Z])", r"_\1", word).lower(): value for word, value in plain.items()}
        snake["treat_missing_data"] = plain["TreatMissingData"]
        snake["alarm_name"] = f"{name}-{end}"
        snake["dimensions"] = {"StateMachineArn": f"${{aws_sfn_state_machine.{key}.arn}}"}
        if options.alarm_topic:
            snake["alarm_actions"] = [options.alarm_topic]
        found[f"{key}_{end.lower()}"] = snake
    return found


def _dashboard(machines: Sequence[Machine], sizes: Mapping[str, Size], stack: str) -> dict[str, Any]:
    arns = {
        machine.name: f"${{aws_sfn_state_machine.{(prefix or 'Default').lower()}_machine.arn}}"
        for machine, prefix in zip(machines, prefixes(machines).values(), strict=True)
    }
    functions = [function_name(stack, key) for key in sizes]
    body = alarms.dashboard(arns, functions, f"${{{PLACES['AWS::Region']}}}")
    return {"dashboard_name": stack, "dashboard_body": json.dumps(body)}


def _outputs(machines: Sequence[Machine], sizes: Mapping[str, Size]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prefix in prefixes(machines).values():
        key = f"{(prefix or 'Default').lower()}_machine"
        found[f"{key}_alias_arn"] = {
            "description": "What callers start: only an alias is pinned to its code",
            "value": f"${{aws_sfn_alias.{key}.arn}}",
        }
    for key in sizes:
        value = f"${{aws_lambda_function.{_id(key)}.qualified_arn}}"
        found[f"{_id(key)}_version_arn"] = {"description": "The Lambda, as the machines call it", "value": value}
    return found
