"""A small AWS with one workflow in it, a deployer, and ways to look at what became of them."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3

from monostep import Execution, Workflow
from monostep.deploy.aws import Aws, Clock, using
from monostep.deploy.record import Before, Record
from monostep.deploy.refusals import render
from monostep.deploy.release import Release, new_id, root, stamp
from monostep.language.inject import expand, substitute
from monostep.tasks import runtime
from tests.aws.faults import Faults
from tests.aws.machines import LAMBDA
from tests.aws.server import Server
from tests.deploy.samples import text, zipped

ACCOUNT, REGION, NAME = "123456789012", "us-east-1", "step-deployer"
BUCKET, TABLE = f"{NAME}-{ACCOUNT}", f"{NAME}-locks"
PROJECT, CONFIG, FUNCTION, MACHINE = "shop/orders", "production", "orders", "orders-machine"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/step/{PROJECT}/{CONFIG}/machine"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
DEPLOYER_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
ALIAS_ARN = f"{MACHINE_ARN}:live"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders"
START = 1_795_000_000.0
TAGS = {"ProjectName": PROJECT, "ConfigName": CONFIG, "DeployWith": "step-deployer"}
SOURCE = Path(__file__).parents[2] / "monostep" / "deploy" / "machine.json"


class Still(Clock):
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Deployer:
    """One process of the deployer: its machine on our engine, its clients over HTTP, its faults."""

    def __init__(self, server: Server, clock: Still) -> None:
        self.faults = Faults()
        self.clock = clock
        session = boto3.Session("test", "test", region_name=REGION)
        self.faults.register(session)
        self.aws = Aws(ACCOUNT, REGION, "aws", NAME, clock, session, server.url)
        definition = expand(json.loads(SOURCE.read_text()), "deployer")
        self.workflow = Workflow(
            substitute(definition, {"LambdaArn": DEPLOYER_ARN}), functions={DEPLOYER_ARN: self.invoke}
        )

    def invoke(self, event: Any, context: Any) -> Any:
        with using(self.aws):
            return runtime.handle(event, context)

    def run(
        self,
        release: Any,
        mocks: Mapping[str, Any] | None = None,
        entering: Mapping[tuple[str, int], Callable[[], object]] | None = None,
    ) -> Execution:
        """One execution of the deployer. Its waits pass on the clock; `entering` is called as a state is entered for
        the n-th time.
        """
        self.aws.until = 0.0
        seen = 0.0
        entered: Counter[str] = Counter()

        def watch(event: Any) -> None:
            nonlocal seen
            self.clock.sleep(event[2] - seen)
            seen = event[2]
            if event[0].endswith("StateEntered"):
                entered[event[3]] += 1
                (entering or {}).get((event[3], entered[event[3]]), int)()

        return self.workflow.run(release, watch=watch, mocks=mocks)


class World:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.clock = Still()
        self.first, self.second = Deployer(server, self.clock), Deployer(server, self.clock)
        session = boto3.Session("test", "test", region_name=REGION)
        services = ("s3", "dynamodb", "lambda", "stepfunctions", "ecr", "iam", "cloudwatch", "sts")
        self.clients = {name: session.client(name, endpoint_url=server.url) for name in services}
        self.images: dict[str, str] = {}

    def build(self, adopted: bool = True, delay: int = 1, history: bool = False) -> World:
        """Image A runs; with `adopted` under the alias, pinned, and without as a machine that names the bare Lambda.

        With `history` a release of A went before, and now B runs.
        """
        self.server.reset()
        self.clock.time = START
        self.chance = random.Random(7)
        for deployer in (self.first, self.second):
            deployer.faults.clear()
            deployer.aws.forget()
        self._storage()
        for image in "ABC":
            self.image(image)
        self._resources(adopted)
        if history:
            self._later()
        self.server.functions.delay = delay
        return self

    def _storage(self) -> None:
        s3, dynamodb = self.clients["s3"], self.clients["dynamodb"]
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.clients["ecr"].create_repository(repositoryName="orders")

    def image(self, name: str, architecture: str = "amd64") -> str:
        """Push an image; its URI by digest."""
        blob = json.dumps({"architecture": architecture, "name": name}).encode()
        config = {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(blob),
            "digest": self.server.images.blob(blob),
        }
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})
        self.images[name] = self.push(name, manifest, kind)
        return self.uri(name)

    def push(self, name: str, manifest: str, kind: str) -> str:
        """Put a manifest into ECR; its digest."""
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        self.clients["ecr"].put_image(
            repositoryName="orders",
            imageManifest=manifest,
            imageManifestMediaType=kind,
            imageDigest=digest,
            imageTag=f"tag-{name}",
        )
        return digest

    def uri(self, name: str) -> str:
        return f"{REPOSITORY}@{self.images[name]}"

    def _resources(self, adopted: bool) -> None:
        self.clients["iam"].create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
        function = self.clients["lambda"]
        function.create_function(
            FunctionName=FUNCTION,
            Role=f"arn:aws:iam::{ACCOUNT}:role/lambda",
            PackageType="Image",
            Code={"ImageUri": self.uri("A")},
            Tags=TAGS,
        )
        arn = FUNCTION_ARN
        if adopted:
            arn += ":" + function.publish_version(FunctionName=FUNCTION)["Version"]
        states = self.clients["stepfunctions"]
        made = states.create_state_machine(
            name=MACHINE,
            definition=render(text("A"), arn),
            roleArn=ROLE,
            tags=[{"key": key, "value": value} for key, value in TAGS.items()],
            publish=adopted,
        )
        if adopted:
            version = made["stateMachineVersionArn"]
            states.create_state_machine_alias(
                name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
            )

    def zipped(self, name: str, code: str) -> None:
        """A Lambda of this project that takes a zip."""
        self.clients["lambda"].create_function(
            FunctionName=name,
            Role=f"arn:aws:iam::{ACCOUNT}:role/lambda",
            Runtime="python3.13",
            Handler="tasks.run",
            Code={"ZipFile": zipped(code)},
            Tags=TAGS,
        )

    def install(self) -> World:
        """The deployer as a machine of its own, for the client; the clock is now."""
        self.clock.time = time.time()
        definition = substitute(expand(json.loads(SOURCE.read_text()), "deployer"), {"LambdaArn": DEPLOYER_ARN})
        self.server.functions.external[DEPLOYER_ARN] = self.first.invoke
        self.server.machines.threaded.add(NAME)
        self.clients["stepfunctions"].create_state_machine(
            name=NAME, definition=json.dumps(definition), roleArn=f"arn:aws:iam::{ACCOUNT}:role/deployer"
        )
        return self

    def _later(self) -> None:
        """What a deploy of A and then one of B leave behind."""
        self.old = self.release("A")
        before = Before(routing={f"{MACHINE_ARN}:1": 100}, definition="{}", sha256="", image=None, configuration={})
        kept = Record(
            release=Release.model_validate(self.old),
            status="live",
            before=before,
            lambda_version=f"{FUNCTION_ARN}:1",
            machine_version=f"{MACHINE_ARN}:1",
        )
        self.put(f"{self.folder(self.old)}/record", kept.model_dump_json())
        code = self.clients["lambda"].update_function_code(FunctionName=FUNCTION, ImageUri=self.uri("B"), Publish=True)
        states = self.clients["stepfunctions"]
        definition = render(text("B"), f"{FUNCTION_ARN}:{code['Version']}")
        made = states.update_state_machine(stateMachineArn=MACHINE_ARN, definition=definition, publish=True)
        routing = [{"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}]
        states.update_state_machine_alias(stateMachineAliasArn=ALIAS_ARN, routingConfiguration=routing)

    def back(self) -> dict[str, Any]:
        """A release that goes back to A."""
        return self.release("A", rollback=self.old["release_id"])

    def release(self, image: str, machine: str | None = None, upload: bool = True, **changes: Any) -> dict[str, Any]:
        """A fresh release of an image, uploaded."""
        machine = text(image) if machine is None else machine
        release = {
            "aws_account_id": ACCOUNT,
            "aws_region": REGION,
            "release_id": new_id(self.clock.now(), self.chance),
            "project_name": PROJECT,
            "config_name": CONFIG,
            "bucket": BUCKET,
            "created_at": stamp(self.clock.now()),
            "lambda_name": FUNCTION,
            "step_fn_name": MACHINE,
            "image_uri": self.uri(image) if image in self.images else image,
            "state_machine_sha256": hashlib.sha256(machine.encode()).hexdigest(),
            "health": {"input": {"smoke": True}},
            **changes,
        }
        if upload:
            self.upload(release, machine)
        return release

    def upload(self, release: Mapping[str, Any], machine: str) -> None:
        self.put(f"{self.folder(release)}/machine.json", machine)
        self.put(f"{self.folder(release)}/release", json.dumps(release))

    def folder(self, release: Mapping[str, Any]) -> str:
        return f"{root(release['aws_account_id'], PROJECT, CONFIG)}/{release['release_id']}"

    def put(self, key: str, body: str) -> None:
        self.clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def alarm(self, name: str, state: str = "OK") -> None:
        """An alarm, in a state."""
        cloudwatch = self.clients["cloudwatch"]
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/States",
            MetricName="ExecutionsFailed",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Threshold=0.0,
            Statistic="Sum",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")

    def start(self, arn: str = MACHINE_ARN, looks: int = 1000) -> str:
        """An execution that goes on; its ARN."""
        self.server.machines.looks = looks
        started: str = self.clients["stepfunctions"].start_execution(stateMachineArn=arn)["executionArn"]
        self.server.machines.looks = 0
        return started

    @property
    def root(self) -> str:
        return root(ACCOUNT, PROJECT, CONFIG)

    def routing(self) -> dict[str, int]:
        """Where the alias leads: version number -> weight; empty without one."""
        alias = self.server.machines.machine(MACHINE_ARN).aliases.get("live")
        found = alias.routing_configuration if alias else []
        return {item["stateMachineVersionArn"].rpartition(":")[2]: item["weight"] for item in found}

    def pairs(self) -> dict[str, tuple[str, str | None]]:
        """Version the alias leads to -> (image its machine was released with, image its Lambda version runs)."""
        names = {digest.removeprefix("sha256:"): name for name, digest in self.images.items()}
        machine = self.server.machines.machine(MACHINE_ARN)
        found = {}
        for number in self.routing():
            definition = json.loads(machine.versions[int(number)].definition)
            digest = self.server.functions.digest(definition["States"]["Work"]["Resource"])
            found[number] = (definition["Comment"][0], names.get(digest or ""))
        return found

    def consistent(self) -> bool:
        """Whether every version the alias leads to runs the code it was released with."""
        return all(machine == code for machine, code in self.pairs().values())

    def serving(self) -> str:
        """The image that callers of the alias, the bare machine and $LATEST get: `A`, or `A B B` where they differ."""
        alias = "+".join(code or "?" for _, code in self.pairs().values()) or "-"
        bare = json.loads(self.server.machines.machine(MACHINE_ARN).definition)["Comment"][0]
        latest = self.clients["lambda"].get_function(FunctionName=FUNCTION)["Configuration"]["CodeSha256"]
        names = {digest.removeprefix("sha256:"): name for name, digest in self.images.items()}
        found = (alias, bare, names[latest])
        return alias if len(set(found)) == 1 else " ".join(found)

    def everything(self) -> Any:
        """All that a deploy may change, to compare."""
        machine = self.server.machines.machine(MACHINE_ARN)
        function = self.server.functions.extras[FUNCTION]
        return (
            machine.definition,
            sorted(machine.versions),
            self.routing(),
            function.revision,
            sorted(function.versions),
        )

    def consistent_codes(self) -> bool:
        """Whether every version of the machine names a version of the Lambda that is there."""
        machine = self.server.machines.machine(MACHINE_ARN)
        named = [name for one in machine.versions.values() for name in LAMBDA.findall(one.definition)]
        return all(self.server.functions.digest(name) for name in named)

    def locked(self) -> bool:
        item = self.clients["dynamodb"].get_item(TableName=TABLE, Key={"key": {"S": f"{self.root}/lock"}})
        return "id" in item.get("Item", {})
