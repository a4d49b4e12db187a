"""Awaitables are run to their end wherever the caller stands."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from monostep.tasks.loop import complete


async def where() -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
    await asyncio.sleep(0)
    return asyncio.get_running_loop(), threading.current_thread()


def test_one_loop_serves_all_calls_of_the_main_thread() -> None:
    first: Any = complete(where())
    second = complete(where())
    assert first == second
    assert first[1] is threading.main_thread()


def test_any_awaitable_will_do() -> None:
    class Ready:
        def __await__(self):  # type: ignore[no-untyped-def]
            yield from asyncio.sleep(0).__await__()
            return "ready"

    assert complete(Ready()) == "ready"


def test_a_caller_inside_a_loop_gets_a_loop_elsewhere() -> None:
    async def inside() -> tuple[Any, asyncio.AbstractEventLoop]:
        return complete(where()), asyncio.get_running_loop()

    found, mine = asyncio.run(inside())
    assert found[0] is not mine
    assert found[1] is not threading.main_thread()


def test_a_caller_in_another_thread_gets_a_loop_there() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(complete(where())))
    thread.start()
    thread.join()
    assert found[0][1] is thread
