"""`provision`, `deprovision` and the templates against moto's server: what it knows of CloudFormation is really made.

It knows no machine versions, aliases or alarms in a stack, says so in a warning, and leaves them out; nor does it
substitute anything in a definition, or put a stack's tags on a Lambda.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from monostep.stack import changes, progress
from monostep.stack.account import Account
from monostep.stack.cloudformation import template
from monostep.stack.deprovision import deprovision
from monostep.stack.project import Size
from monostep.stack.provision import provision
from tests.stack.samples import STACKS, machines

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{'1' * 64}", "size": 2}
IMAGE = {"schemaVersion": 2, "mediaType": MANIFEST, "config": CONFIG, "layers": []}
PARAMETERS = {"BucketName": "b", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(changes, "POLL", 0.05)
    monkeypatch.setattr(progress, "POLL", 0.05)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    moto_api_backend.reset()
    host, port = server.get_host_and_port()
    yield Account("us-east-1", endpoint_url=f"http://{host}:{port}")
    server.stop()


def test_a_stack_is_made_changed_left_alone_and_deleted(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = STACKS["plain"]._replace(image=_pushed(account))

    def provisioned(size: int) -> int:
        sized = chosen._replace(size=Size(size, 60))
        return provision(account, "orders", template(machines(sized), sized), sized, PARAMETERS, yes=True)

    assert provisioned(512) == 0
    lambdas = account.call("lambda", "list_functions")["Functions"]
    assert {one["FunctionName"]: one["MemorySize"] for one in lambdas} == {"orders": 512, "orders-m2048t900": 2048}
    made = account.call("stepfunctions", "list_state_machines")["stateMachines"]
    assert sorted(one["name"] for one in made) == ["orders-machine", "orders-nightly-report", "orders-ping"]
    arn = next(one["stateMachineArn"] for one in made if one["name"] == "orders-machine")
    machine = json.loads(account.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)["definition"])
    assert machine == json.loads(json.dumps(machines(chosen)[0].definition))

    assert provisioned(512) == 0
    assert "no change" in capsys.readouterr().err

    assert provisioned(1024) == 0
    assert account.call("lambda", "get_function_configuration", FunctionName="orders")["MemorySize"] == 1024

    assert deprovision(account, "orders", yes=True) == 0
    assert account.call("lambda", "list_functions")["Functions"] == []
    assert changes.describe(account, "orders").status == ""
    assert deprovision(account, "orders", yes=True) == 0


def test_the_deployer_finds_the_tags_and_the_role_path_it_asks_for(account: Account) -> None:
    chosen = STACKS["deployer"]._replace(image=_pushed(account))
    assert provision(account, "orders", template(machines(chosen), chosen), chosen, PARAMETERS, yes=True) == 0
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:orders-machine"
    machine = account.call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
    listed = account.call("stepfunctions", "list_tags_for_resource", resourceArn=arn)["tags"]
    wanted = {"ProjectName": "shop/orders", "ConfigName": "production", "DeployWith": "step-deployer"}
    assert wanted.items() <= {one["key"]: one["value"] for one in listed}.items()
    assert ":role/step/shop/orders/production/" in machine["roleArn"]


def _pushed(account: Account) -> str:
    account.call("ecr", "create_repository", repositoryName="orders")
    put = account.call(
        "ecr",
        "put_image",
        repositoryName="orders",
        imageManifest=json.dumps(IMAGE),
        imageManifestMediaType=MANIFEST,
    )
    digest = put["image"]["imageId"]["imageDigest"]
    return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/orders@{digest}"
