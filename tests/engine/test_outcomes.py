"""Work with a time limit runs in a thread, as if it were the caller's."""

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from monostep import Workflow
from monostep.errors import UsageError
from tests.engine.cases import ARN
from tests.engine.race import race

TENANT: contextvars.ContextVar[str] = contextvars.ContextVar("TENANT", default="nobody")


def timed(function: Any, seconds: int = 60) -> Workflow:
    state = {"Type": "Task", "Resource": f"{ARN}f", "TimeoutSeconds": seconds, "End": True}
    return Workflow({"StartAt": "T", "States": {"T": state}}, {"f": function})


def test_a_task_under_a_time_limit_sees_its_callers_context_and_leaves_it_alone() -> None:
    def tenant(_event: Any) -> str:
        seen = TENANT.get()
        TENANT.set("changed")
        return seen

    workflow = timed(tenant)
    for name in ("first", "second"):
        token = TENANT.set(name)
        assert workflow.run({}).output == name
        assert TENANT.get() == name
        TENANT.reset(token)


def test_threads_are_used_again() -> None:
    workflow = timed(lambda _event: threading.get_ident())
    assert len({workflow.run({}).output for _ in range(20)}) == 1


def test_a_thread_that_is_late_is_left_to_itself_and_its_answer_reaches_nobody() -> None:
    release = threading.Event()
    workflow = timed(lambda event: release.wait(30) if event == "slow" else event, seconds=1)
    late = workflow.run("slow")
    assert (late.status, late.error, late.elapsed) == ("FAILED", "States.Timeout", 1.0)
    release.set()
    time.sleep(0.05)
    assert [workflow.run(number).output for number in range(5)] == list(range(5))


def test_a_thread_that_was_late_ends_with_its_work() -> None:
    threads: list[threading.Thread] = []
    release = threading.Event()

    def slow(_event: Any) -> None:
        threads.append(threading.current_thread())
        release.wait(30)

    assert timed(slow, seconds=1).run({}).error == "States.Timeout"
    release.set()
    threads[0].join(10)
    assert not threads[0].is_alive()


FORKED = """
import os, sys
from tests.engine.test_outcomes import timed

workflow = timed(lambda event: event, seconds=2)
assert workflow.run(1).output == 1
child = os.fork()
if not child:
    os._exit(workflow.run(2).output != 2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], check=False).returncode == 0


def test_a_run_with_workers_is_never_stuck() -> None:
    assert race(300) == 0


def test_fifty_awaited_runs_are_under_way_at_once() -> None:
    together = threading.Barrier(50)

    def meet(event: Any) -> Any:
        together.wait(30)
        return event

    state = {"Type": "Task", "Resource": f"{ARN}meet", "End": True}
    workflow = Workflow({"StartAt": "T", "States": {"T": state}}, {"meet": meet})

    async def all_of_them() -> list[Any]:
        return [run.output for run in await asyncio.gather(*(workflow.start(number) for number in range(50)))]

    assert asyncio.run(all_of_them()) == list(range(50))


def test_an_awaited_run_sees_its_callers_context_and_raises_what_run_raises() -> None:
    state = {"Type": "Task", "Resource": f"{ARN}tenant", "End": True}
    workflow = Workflow({"StartAt": "T", "States": {"T": state}}, {"tenant": lambda _event: TENANT.get()})

    async def both() -> Any:
        TENANT.set("ours")
        with pytest.raises(UsageError, match="workers"):
            await workflow.start({}, workers=-1)
        return (await workflow.start({})).output

    assert asyncio.run(both()) == "ours"
