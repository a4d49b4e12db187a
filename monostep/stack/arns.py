"""ARNs from the parameters of a state: as narrow as what is known before the run allows.

Partition, region and account stay CloudFormation's pseudo parameters (`${AWS::Region}`) until they are rendered, so one
derivation serves `policy`, CloudFormation and Terraform. A `${Name}` of the machine stays as well: where the name ends
in Arn it stands for a whole ARN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from monostep.stack.actions import Action, template

PARTITION, REGION, ACCOUNT = "${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"
PARAMETERS = {
    "athena.WorkGroupName": "WorkGroup",
    "batch.JobDefinitionName": "JobDefinition",
    "batch.JobQueueName": "JobQueue",
    "bedrock.ResourceId": "ModelId",
    "databrew.ResourceId": "Name",
    "ecs.ClusterName": "Cluster",
    "s3.BucketName": "Bucket",
    "s3.ObjectName": "Key",
    "secretsmanager.SecretId": "SecretId",
    "sns.TopicName": "TopicArn",
    "sqs.QueueName": "QueueUrl",
    "ssm.ParameterNameWithoutLeadingSlash": "Name",
    "states.StateMachineName": "StateMachineArn",
}
"""Parameters that are not called like the part of the ARN they fill."""
DEFAULTS = {"athena.WorkGroupName": "primary", "ecs.ClusterName": "default", "events.EventBusName": "default"}
"""What a service takes where the parameter is absent."""
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SUBSTITUTION = re.compile(r"\$\{[A-Za-z0-9_.:-]+\}")
_WHOLE_ARN = re.compile(r"\$\{\w*[Aa]rn\}")
_QUEUE = re.compile(r"https://sqs\.([\w-]+)\.[\w.]+/(\d{12})/([\w.-]+)")


class Given:
    """The parameters of a state, as far as they are known before the run."""

    def __init__(self, parameters: Any) -> None:
        self.opaque = parameters is not None and not isinstance(parameters, Mapping)
        self.known: dict[str, Any] = {}
        self.dynamic: dict[str, str] = {}
        for key, value in (parameters if isinstance(parameters, Mapping) else {}).items():
            if key.endswith(".$"):
                self.dynamic[key[:-2].lower()] = key[:-2]
            elif is_expression(value):
                self.dynamic[key.lower()] = key
            else:
                self.known[key.lower()] = value

    def text(self, name: str) -> str | None:
        value = self.known.get(name.lower())
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> list[str]:
        """The value or values of a parameter, where all are known texts."""
        value = self.known.get(name.lower())
        values = value if isinstance(value, list) else [value]
        texts = [one for one in values if isinstance(one, str) and not is_expression(one)]
        return texts if len(texts) == len(values) else []

    def is_dynamic(self, name: str) -> bool:
        return self.opaque or name.lower() in self.dynamic or (name.lower() in self.known and not self.texts(name))

    def below(self, name: str) -> Given:
        """The parameters inside one of them."""
        return Given(
            "{% %}" if self.is_dynamic(name) and name.lower() not in self.known else self.known.get(name.lower())
        )


class Found(NamedTuple):
    """The ARNs an action needs; `missing` names the parameters that would have made them narrower."""

    arns: list[str]
    missing: list[str]


def is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{%")


def arn(text: str) -> str:
    """`service:region:account:rest`, with AWS's `${Region}` and `${Account}`, as an ARN of the partition."""
    return f"arn:{PARTITION}:{text}".replace("${Region}", REGION).replace("${Account}", ACCOUNT)


def is_arn(text: str) -> bool:
    return text.startswith("arn:") or _WHOLE_ARN.fullmatch(text) is not None


def given_arn(given: Given, *names: str) -> str | None:
    """The first of these parameters that is an ARN, or a substitution, which can be nothing else there."""
    texts = (given.text(name) or "" for name in names)
    return next((text for text in texts if text.startswith("arn:") or _SUBSTITUTION.fullmatch(text)), None)


def literal(text: str) -> str:
    """A name as part of a pattern: what IAM takes for wildcards matches one character of any kind."""
    return re.sub(r"[*?]|\$(?!\{\w+\})", "?", text)


def of_action(action: Action, given: Given) -> Found:
    """The ARNs of everything an action must be allowed on, `*` where AWS has no resource-level permission for it."""
    prefix = action.name.partition(":")[0]
    if not action.types:
        return Found(["*"], [])
    wanted = [kind for kind, required in action.types.items() if required or _named(prefix, kind, given)]
    found = [of_type(prefix, kind, given) for kind in wanted or action.types]
    return Found(
        unique(one for each in found for one in each.arns), unique(one for each in found for one in each.missing)
    )


def of_type(prefix: str, kind: str, given: Given) -> Found:
    """The ARNs of one resource type: an ARN among the parameters, or AWS's template filled from them."""
    pattern = template(prefix, kind)
    if whole := _whole(prefix, kind, given):
        return Found(whole, [])
    return fill(pattern, given, kind)


def fill(pattern: str, given: Given, kind: str = "") -> Found:
    """`service:${Region}:${Account}:table/${TableName}` filled from the parameters; `*` for what is not known."""
    prefix = pattern.partition(":")[0]
    places = [place for place in _PLACEHOLDER.findall(pattern) if place not in ("Region", "Account")]
    missing: list[str] = []
    values = [_values(prefix, kind, place, given, len(places), missing) for place in places]
    arns = [_filled(pattern, dict(zip(places, chosen, strict=True))) for chosen in product(*values)]
    return Found(unique(arns), unique(missing))


def _filled(pattern: str, names: Mapping[str, str]) -> str:
    for text in names.values():
        if text.startswith("arn:") and _shaped(pattern).fullmatch(text):
            return text
        if _WHOLE_ARN.fullmatch(text) and len(names) == 1:
            return text
    plain = {place: _last(text) for place, text in names.items()}
    return re.sub(r"\*([/:]?\*)+$", "*", arn(_PLACEHOLDER.sub(lambda hit: plain.get(hit[1], hit[0]), pattern)))


def _last(text: str) -> str:
    """The name at the end of another resource's ARN: of the cluster a task is in."""
    if _WHOLE_ARN.fullmatch(text):
        return "*"
    return re.split("[/:]", text)[-1] if text.startswith("arn:") else text


def _shaped(pattern: str) -> re.Pattern[str]:
    parts = pattern.split(":", 3)
    tail = re.escape(_PLACEHOLDER.sub("\0", parts[-1])).replace("\0", r"[^\s]+")
    return re.compile(rf"arn:[\w-]+:{parts[0]}:[\w-]*:\d*:{tail}")


def _values(prefix: str, kind: str, place: str, given: Given, count: int, missing: list[str]) -> Sequence[str]:
    for name in _names(prefix, kind, place, count):
        if given.is_dynamic(name):
            missing.append(given.dynamic.get(name.lower(), name))
            return ["*"]
        if texts := given.texts(name):
            forms = [form for text in texts for form in _forms(prefix, place, text)]
            missing += [name] if "*" in forms else []
            return forms
    default = DEFAULTS.get(f"{prefix}.{place}")
    if default is None and kind:
        missing.append(place)
    return [default or "*"]


def _forms(prefix: str, place: str, text: str) -> list[str]:
    """What to write for a name, where a service has its own way of naming."""
    if is_arn(text):
        return [text]
    if prefix == "sqs":
        return [queue(text)]
    if prefix == "codebuild":
        return [literal(text.partition(":")[0])]
    text = literal(text.lstrip("/") if prefix == "ssm" else text)
    if prefix == "secretsmanager":
        return [f"{text}-??????"]
    if place == "TaskDefinition" and ":" not in text:
        return [f"{text}:*"]
    if place == "JobDefinitionName" and ":" not in text:
        return [text, f"{text}:*"]
    return [text]


def queue(url: str) -> str:
    """The ARN of a queue from its URL; `*` where the URL is a substitution, which tells nothing before the stack is."""
    found = _QUEUE.fullmatch(url)
    return f"arn:{PARTITION}:sqs:{found[1]}:{found[2]}:{found[3]}" if found else "*"


def _names(prefix: str, kind: str, place: str, count: int) -> Iterator[str]:
    """What the parameter for a part of an ARN may be called, likeliest first."""
    if special := PARAMETERS.get(f"{prefix}.{place}"):
        yield special
        return
    base = place.removesuffix("Name").removesuffix("Id")
    plain = kind.replace("-", "").replace("_", "")
    for stem in unique([place, base, plain]):
        if stem:
            yield from (stem, f"{stem}Name", f"{stem}Id", f"{stem}Identifier", f"{stem}Arn")
            yield from (f"{stem}s", f"{stem}Names", f"{stem}Ids", f"{stem}Arns")
    if count == 1:
        yield from ("Id", "Ids", "ResourceArn") if place.endswith("Id") else ("Name", "Id", "Ids", "ResourceArn")


def _named(prefix: str, kind: str, given: Given) -> bool:
    """Whether the parameters speak of this type of resource: by a whole ARN, or by every part of its name."""
    places = [place for place in _PLACEHOLDER.findall(template(prefix, kind)) if place not in ("Region", "Account")]
    if _whole(prefix, kind, given):
        return True
    return bool(places) and all(
        any(given.texts(name) or name.lower() in given.dynamic for name in _names(prefix, kind, place, len(places)))
        for place in places
    )


def _whole(prefix: str, kind: str, given: Given) -> list[str]:
    """ARNs of this type among the parameters."""
    pattern = _shaped(template(prefix, kind))
    texts = (text for value in given.known.values() for text in (value if isinstance(value, list) else [value]))
    return unique(text for text in texts if isinstance(text, str) and pattern.fullmatch(text))


def unique(texts: Any) -> list[str]:
    """In order, once each."""
    return list(dict.fromkeys(texts))


def render(text: str, names: Mapping[str, str]) -> str:
    """The text with the given names filled in: `${AWS::Region}` and the machine's own substitutions."""
    return re.sub(r"\$\{([\w.:-]+)\}", lambda hit: names.get(hit[1], hit[0]), text)
