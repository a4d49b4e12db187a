"""The ancestors' own examples, built: Sparta's roll of a die, Map and Parallel and its service without a Lambda;
coinbase's Hello World.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monostep import task
from monostep.build import Choice, Fail, Machine, Map, Parallel, Pass, Succeed, Wait, build, call, path, step

Json = dict[str, Any]


@task
def RollDie(before: Json) -> Json:
    """One more on each roll: it has to be rolled four times."""
    return {"roll": before.get("roll", 0) + 1}


@task
def Hello(value: Json) -> Json:
    return {"Greeting": f"Hello {value['Name']}"}


@task
def ApplyCallback(item: Json) -> Json:
    return {**item, "applied": True}


@task
def Count(items: list[Any]) -> int:
    return len(items)


def roll_die() -> Machine:
    roll, check = step(RollDie), Choice("CheckRoll")
    again, success = Wait("TryAgainShortly", Seconds=timedelta(seconds=3)), Succeed("Success")
    roll.retry("DieLost", IntervalSeconds=timedelta(seconds=1), MaxAttempts=3, BackoffRate=2)
    roll >> check
    check.when(~(path("$.roll") > 3), again).otherwise(success)
    again >> roll
    return build(roll, Comment="Roll a die until it shows more than 3")


def hello_world() -> Machine:
    failed = Fail("HelloFailed", Error="HelloFailed", Cause="nobody to greet")
    hello = step(Hello, "Hello").catch("States.ALL", then=failed, ResultPath="$.error")
    return build(hello, Comment="Hello World", TimeoutSeconds=timedelta(minutes=1))


def map_and_parallel() -> Machine:
    each = Map("ApplyToAll", step(ApplyCallback), InputPath="$.detail", ItemsPath=path("$.shipped"), MaxConcurrency=2)
    both = Parallel("Both", step(Count), Pass("Keep"))
    gather = Pass("Gather", Parameters={"count.$": path("$[0]"), "items.$": path("$[1]")})
    each >> both >> gather
    return build(each)


def servicefull() -> Machine:
    network = {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "ENABLED"}}
    run = call(
        "Run Fargate Task",
        "ecs:runTask.sync",
        Parameters={
            "LaunchType": "FARGATE",
            "Cluster": "${Cluster}",
            "TaskDefinition": "${TaskDefinition}",
            "NetworkConfiguration": network,
        },
    )
    done, failed = (
        call(f"Notify {how}", "sns:publish", Parameters={"TopicArn": "${Topic}", "Message": f"Fargate task {said}"})
        for how, said in (("Success", "succeeded"), ("Failure", "failed"))
    )
    run.retry("States.Timeout", MaxAttempts=1).catch("States.ALL", then=failed) >> done
    return build(run, Comment="Fargate and SNS, without a Lambda")


EXAMPLES = {
    "roll_die": roll_die,
    "hello_world": hello_world,
    "map_and_parallel": map_and_parallel,
    "servicefull": servicefull,
}
