"""The same stack in SAM: the Lambda and the machines as its own types, which publish Versions and aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monostep.stack import cloudformation
from monostep.stack.cloudformation import ALIAS, function_id
from monostep.stack.options import Options
from monostep.stack.project import Machine

TRANSFORM = "AWS::Serverless-2016-10-31"


def template(machines: Sequence[Machine], options: Options) -> dict[str, Any]:
    """CloudFormation's template, with Lambda, machine, Version and alias made SAM's."""
    plain = cloudformation.template(machines, options)
    sizes = cloudformation.lambdas(machines, options.size)
    versions = {cloudformation.version_id(key, size, options): function_id(key) for key, size in sizes.items()}
    resources: dict[str, Any] = {}
    for name, resource in plain["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            resources[name] = _function(resource["Properties"], options)
        elif resource["Type"] == "AWS::StepFunctions::StateMachine":
            resources[name] = _machine(resource, options)
        elif not resource["Type"].endswith(("::Version", "StateMachineVersion", "StateMachineAlias")):
            resources[name] = resource
    aliases = {f"{name}Alias": f"{name}Alias{ALIAS}" for name in resources if name.endswith("Machine")}
    names = {version: f"{function}.Version" for version, function in versions.items()} | aliases
    plain["Resources"] = resources
    found = {"AWSTemplateFormatVersion": plain.pop("AWSTemplateFormatVersion"), "Transform": TRANSFORM, **plain}
    pointed: dict[str, Any] = _pointed(found, names)
    return pointed


def _function(properties: Mapping[str, Any], options: Options) -> dict[str, Any]:
    kept = ("FunctionName", "PackageType", "MemorySize", "Timeout", "Architectures", "Role", "LoggingConfig")
    found = {key: properties[key] for key in kept}
    found["ImageUri"] = options.image
    found |= {"AutoPublishAlias": ALIAS, "AutoPublishAliasAllProperties": True, "VersionDeletionPolicy": "Retain"}
    if options.tracing:
        found["Tracing"] = "Active"
    return _tagged("AWS::Serverless::Function", found, options)


def _machine(resource: Mapping[str, Any], options: Options) -> dict[str, Any]:
    properties = resource["Properties"]
    found = {
        "Name": properties["StateMachineName"],
        "Type": properties["StateMachineType"],
        "Role": properties["RoleArn"],
        "Definition": json.loads(properties["DefinitionString"]),
        "DefinitionSubstitutions": properties.get("DefinitionSubstitutions", {}),
        "Logging": properties["LoggingConfiguration"],
        "AutoPublishAlias": ALIAS,
    }
    if options.tracing:
        found["Tracing"] = {"Enabled": True}
    made = _tagged(
        "AWS::Serverless::StateMachine", {key: value for key, value in found.items() if value != {}}, options
    )
    return {**made, **({"DependsOn": resource["DependsOn"]} if "DependsOn" in resource else {})}


def _tagged(type: str, properties: dict[str, Any], options: Options) -> dict[str, Any]:
    if options.tags:
        properties["Tags"] = options.tags
    return {"Type": type, "Properties": properties}


def _pointed(value: Any, names: Mapping[str, str]) -> Any:
    """Every Ref to what SAM makes, by the name SAM gives it."""
    if isinstance(value, list):
        return [_pointed(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"Ref"}:
        return {"Ref": names.get(value["Ref"], value["Ref"])}
    return {key: _pointed(item, names) for key, item in value.items()}
