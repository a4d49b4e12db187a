"""The stack as a CloudFormation template: one Lambda, a state machine for each workflow, and what they need.

A Lambda Version is immutable, so its logical id carries the image's digest and a mark of the Lambda's configuration:
either one changed is another Version. The machine names that Version, never the Lambda, and callers use the alias of
the machine's own Version: so an execution meets the code it was written for. Versions are retained, because executions
that began on one still run when the next is there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from monostep.errors import UsageError
from monostep.stack import alarms
from monostep.stack.options import Options
from monostep.stack.permissions import function_name, machine_name, of_machine
from monostep.stack.policy import Statement, document
from monostep.stack.project import Machine, Size

ALIAS = "live"
STACK = "${AWS::StackName}"
KEEP = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
DROP = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
ROLE_POLICY_LIMIT = 10_240  # characters of all inline policies of a role
_LOG_WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"]
_TRACE_WRITES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def template(machines: Sequence[Machine], options: Options) -> dict[str, Any]:
    """The whole template, its keys always in the same order."""
    names = prefixes(machines)
    sizes = lambdas(machines, options.size)
    resources: dict[str, Any] = {}
    if not options.function_role:
        resources["FunctionRole"] = _function_role(sizes, options)
    for key, size in sizes.items():
        resources |= _function(key, size, options)
    for machine in machines:
        resources |= _machine(names[machine.name], machine, options)
    resources["Dashboard"] = _dashboard(machines, names, sizes)
    found = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Monostep: {', '.join(machine.name for machine in machines)}",
        "Metadata": {"Monostep": {"Owner": options.owner, "Image": options.image}},
        "Parameters": _parameters(machines),
        "Resources": resources,
        "Outputs": _outputs(machines, names, sizes, options),
    }
    return {key: value for key, value in found.items() if value}


def prefixes(machines: Sequence[Machine]) -> dict[str, str]:
    """The beginning of each workflow's logical ids; none for the default one."""
    found: dict[str, str] = {}
    for machine in machines:
        words = re.split(r"[^A-Za-z0-9]+", machine.name)
        prefix = "" if machine.name == "machine" else "".join(word[:1].upper() + word[1:] for word in words)
        if prefix in found.values():
            raise UsageError(f"workflow {machine.name}: another one has the same letters and digits; rename one")
        found[machine.name] = prefix
    return found


def lambdas(machines: Sequence[Machine], size: Size) -> dict[str, Size]:
    """Placeholder to size, of every Lambda the stack has: the one, and those that tasks ask for."""
    found = {key: size for machine in machines for key, size in machine.sizes.items()}
    return {"LambdaArn": size, **{key: found[key] for key in sorted(found)}}


def function_id(key: str) -> str:
    return "Function" + key.removeprefix("LambdaArn")


def sub(text: str) -> Any:
    """Fn::Sub where there is something to substitute."""
    return {"Fn::Sub": text} if "${" in text else text


def parameter(name: str) -> str:
    """A placeholder of the machine as the name of a stack's parameter."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def tags(options: Options) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in options.tags.items()]


def _parameters(machines: Sequence[Machine]) -> dict[str, Any]:
    names = sorted({name for machine in machines for name in machine.substitutions if not name.startswith("AWS::")})
    return {
        parameter(name): {"Type": "String", "Description": f"What {name} stands for in the machine"} for name in names
    }


def _function(key: str, size: Size, options: Options) -> dict[str, Any]:
    name = function_id(key)
    properties = {
        "FunctionName": sub(function_name(STACK, key)),
        "PackageType": "Image",
        "Code": {"ImageUri": options.image},
        "MemorySize": size.memory,
        "Timeout": size.timeout,
        "Architectures": [options.architecture],
        "Role": options.function_role or {"Fn::GetAtt": ["FunctionRole", "Arn"]},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": f"{name}Logs"}},
        **({"TracingConfig": {"Mode": "Active"}} if options.tracing else {}),
        **({"Tags": tags(options)} if options.tags else {}),
    }
    group = sub(f"/aws/lambda/{function_name(STACK, key)}")
    resources: dict[str, Any] = {
        f"{name}Logs": _logs(group, options),
        name: {"Type": "AWS::Lambda::Function", "Properties": properties},
    }
    if not options.deployer:
        resources[version_id(key, size, options)] = {
            "Type": "AWS::Lambda::Version",
            **KEEP,
            "Properties": {"FunctionName": {"Ref": name}, "Description": f"sha256:{options.digest}"},
        }
    return resources


def version_id(key: str, size: Size, options: Options) -> str:
    """Another image or another configuration is another Version."""
    mark = json.dumps([size, options.architecture, options.tracing, options.function_role])
    return f"{function_id(key)}Version{options.digest[:24]}{hashlib.sha256(mark.encode()).hexdigest()[:8]}"


def _logs(name: Any, options: Options) -> dict[str, Any]:
    properties = {"LogGroupName": name, "RetentionInDays": options.retention}
    if options.tags:
        properties["Tags"] = tags(options)
    return {"Type": "AWS::Logs::LogGroup", **DROP, "Properties": properties}


def _function_role(sizes: Mapping[str, Size], options: Options) -> dict[str, Any]:
    groups = [{"Fn::GetAtt": [f"{function_id(key)}Logs", "Arn"]} for key in sizes]
    statements = [{"Sid": "Logs", "Effect": "Allow", "Action": _LOG_WRITES, "Resource": groups}]
    if options.tracing:  # X-Ray's write calls take no resources
        statements.append({"Sid": "Tracing", "Effect": "Allow", "Action": _TRACE_WRITES, "Resource": ["*"]})
    return _role("lambda.amazonaws.com", {"Version": "2012-10-17", "Statement": statements}, options)


def _role(principal: str, policy: dict[str, Any], options: Options, condition: Any = None) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    if condition:
        trust["Condition"] = condition
    properties: dict[str, Any] = {
        "Path": options.path,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
    }
    if policy["Statement"]:
        properties["Policies"] = [{"PolicyName": "execution", "PolicyDocument": policy}]
    if options.tags:
        properties["Tags"] = tags(options)
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def statements_of(machine: Machine, options: Options) -> list[Statement]:
    found = of_machine(machine, STACK, options.pass_roles, logging=True, tracing=options.tracing)
    return [one for one in found if one.actions]


def policy_document(statements: Sequence[Statement], machine: Machine) -> dict[str, Any]:
    """The document with Fn::Sub, its placeholders those of the stack's parameters."""
    plain = document(statements)
    for one in plain["Statement"]:
        one["Resource"] = [sub(_renamed(text, machine)) for text in one["Resource"]]
        if "Condition" in one:
            one["Condition"] = _subbed(one["Condition"], machine)
    return plain


def _subbed(value: Any, machine: Machine) -> Any:
    if isinstance(value, str):
        return sub(_renamed(value, machine))
    return {key: _subbed(item, machine) for key, item in value.items()}


def _renamed(text: str, machine: Machine) -> str:
    for name in machine.substitutions:
        text = text.replace(f"${{{name}}}", f"${{{name if name.startswith('AWS::') else parameter(name)}}}")
    return text


def _machine(prefix: str, machine: Machine, options: Options) -> dict[str, Any]:
    name = f"{prefix}Machine"
    resources: dict[str, Any] = {}
    needs = []
    if not options.role:
        resources |= _machine_roles(name, machine, options)
        needs = [key for key in resources if key.endswith("MapPolicy")]
    resources[f"{name}Logs"] = _logs(sub(f"/aws/vendedlogs/states/{machine_name(STACK, machine.name)}"), options)
    properties = {
        "StateMachineName": sub(machine_name(STACK, machine.name)),
        "StateMachineType": machine.type,
        "RoleArn": options.role or {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        "DefinitionString": json.dumps(machine.definition, ensure_ascii=False),
        "DefinitionSubstitutions": _substitutions(machine, options),
        "LoggingConfiguration": {
            "Level": "ALL" if machine.type == "EXPRESS" else "ERROR",
            "IncludeExecutionData": False,
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [f"{name}Logs", "Arn"]}}}],
        },
        **({"TracingConfiguration": {"Enabled": True}} if options.tracing else {}),
        **({"Tags": tags(options)} if options.tags else {}),
    }
    properties = {key: value for key, value in properties.items() if value != {}}
    depends = {"DependsOn": needs} if needs else {}
    resources[name] = {"Type": "AWS::StepFunctions::StateMachine", **depends, "Properties": properties}
    if not options.deployer:
        resources |= _released(name)
    for end, metric, says in alarms.FAILURES:
        resources[f"{name}{end}Alarm"] = _alarm(name, alarms.alarm(metric, says, machine.name), options)
    return resources


def _machine_roles(name: str, machine: Machine, options: Options) -> dict[str, Any]:
    statements = statements_of(machine, options)
    own = policy_document([one for one in statements if one.part == "machine"], machine)
    size = len(json.dumps(own))
    if size > ROLE_POLICY_LIMIT:
        raise UsageError(
            f"workflow {machine.name}: its policy has {size:,} characters and a role takes {ROLE_POLICY_LIMIT:,}; "
            "make managed policies of `policy` and bring the role: --role ARN"
        )
    condition = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    resources = {f"{name}Role": _role("states.amazonaws.com", own, options, condition)}
    if parts := [one for one in statements if one.part == "map"]:
        properties = {
            "PolicyName": "map-run",
            "PolicyDocument": policy_document(parts, machine),
            "Roles": [{"Ref": f"{name}Role"}],
        }
        resources[f"{name}MapPolicy"] = {"Type": "AWS::IAM::Policy", "Properties": properties}
    return resources


def _substitutions(machine: Machine, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, size in machine.sizes.items():
        if options.deployer:
            found[key] = {"Fn::GetAtt": [function_id(key), "Arn"]}
        else:
            found[key] = {"Ref": version_id(key, size, options)}
    for name in machine.substitutions:
        found[name] = {"Ref": name if name.startswith("AWS::") else parameter(name)}
    return found


def _released(name: str) -> dict[str, Any]:
    revision = {"Fn::GetAtt": [name, "StateMachineRevisionId"]}
    version = {"StateMachineArn": {"Ref": name}, "StateMachineRevisionId": revision}
    routing = [{"StateMachineVersionArn": {"Ref": f"{name}Version"}, "Weight": 100}]
    return {
        f"{name}Version": {"Type": "AWS::StepFunctions::StateMachineVersion", **KEEP, "Properties": version},
        f"{name}Alias": {
            "Type": "AWS::StepFunctions::StateMachineAlias",
            "Properties": {"Name": ALIAS, "RoutingConfiguration": routing},
        },
    }


def _alarm(name: str, properties: dict[str, Any], options: Options) -> dict[str, Any]:
    properties = {**properties, "Dimensions": [{"Name": "StateMachineArn", "Value": {"Ref": name}}]}
    if options.alarm_topic:
        properties["AlarmActions"] = [options.alarm_topic]
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _dashboard(machines: Sequence[Machine], names: Mapping[str, str], sizes: Mapping[str, Size]) -> dict[str, Any]:
    arns = {machine.name: f"${{{names[machine.name]}Machine}}" for machine in machines}
    functions = [f"${{{function_id(key)}}}" for key in sizes]
    body = json.dumps(alarms.dashboard(arns, functions, "${AWS::Region}"), separators=(",", ":"))
    properties = {"DashboardName": {"Ref": "AWS::StackName"}, "DashboardBody": {"Fn::Sub": body}}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _outputs(
    machines: Sequence[Machine], names: Mapping[str, str], sizes: Mapping[str, Size], options: Options
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for machine in machines:
        name = f"{names[machine.name]}Machine"
        if options.deployer:
            said = f"The state machine of {machine.name}; callers use the alias that the deployer moves"
            found[f"{name}Arn"] = {"Description": said, "Value": {"Ref": name}}
        else:
            said = f"What callers of {machine.name} start: only an alias is pinned to its code"
            found[f"{name}AliasArn"] = {"Description": said, "Value": {"Ref": f"{name}Alias"}}
    for key, size in sizes.items():
        name = function_id(key)
        if options.deployer:
            found[f"{name}Name"] = {"Description": "The Lambda", "Value": {"Ref": name}}
        else:
            said = "The Lambda, as the machines call it"
            found[f"{name}VersionArn"] = {"Description": said, "Value": {"Ref": version_id(key, size, options)}}
    url = "https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards:name="
    found["DashboardUrl"] = {"Description": "Metrics of all of it", "Value": {"Fn::Sub": url + "${AWS::StackName}"}}
    return found
