"""Machines as Python: states as objects, linked by reference, checked as they are made.

from monostep.build import Choice, Succeed, Wait, build, path, step

def machine():
    roll, check = step(RollDie), Choice("CheckRoll")
    wait, success = Wait("TryAgainShortly", Seconds=3), Succeed("Success")
    roll >> check
    check.when(path("$.roll") > 3, success).otherwise(wait)
    wait >> roll
    return build(roll)
"""

from monostep.build.conditions import Condition, Path, constant, every, jsonata, path, some
from monostep.build.kinds import (
    Fail,
    Map,
    Parallel,
    Pass,
    Succeed,
    Task,
    Wait,
    branch,
    call,
    iterator,
    processor,
    step,
)
from monostep.build.machine import build
from monostep.build.states import Branch, Catching, Choice, Final, State, Work, catch, retry
from monostep.language.machine import Machine

__all__ = [
    "Branch",
    "Catching",
    "Choice",
    "Condition",
    "Fail",
    "Final",
    "Machine",
    "Map",
    "Parallel",
    "Pass",
    "Path",
    "State",
    "Succeed",
    "Task",
    "Wait",
    "Work",
    "branch",
    "build",
    "call",
    "catch",
    "constant",
    "every",
    "iterator",
    "jsonata",
    "path",
    "processor",
    "retry",
    "some",
    "step",
]
