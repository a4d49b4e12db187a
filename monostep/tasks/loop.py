"""Runs the awaitable of an `async def` task to its end, for a caller that is not asynchronous.

One event loop serves the main thread for the life of the process. `asyncio.run` for each call was simpler and lost: a
client made once per process (httpx, aioboto3) is bound to the loop of its first call, and the second, warm call found
that loop closed.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def complete(awaitable: Awaitable[object]) -> object:
    if _inside_a_loop():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, _wait(awaitable)).result()
    if threading.current_thread() is threading.main_thread():
        return _runner().run(_wait(awaitable))
    return asyncio.run(_wait(awaitable))


async def _wait(awaitable: Awaitable[object]) -> object:
    return await awaitable


@cache
def _runner() -> asyncio.Runner:
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
