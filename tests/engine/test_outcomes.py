"""Work with a time limit runs in a thread, as if it were the caller's."""

import contextvars
import threading
import time
from typing import Any

from monostep import Workflow
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


def test_a_run_with_workers_is_never_stuck() -> None:
    assert race(300) == 0
