"""Work in a thread, awaited.

`asyncio.to_thread` lends its threads from a pool of a few (six on two processors): runs that wait for each other, or
for the loop, stood in line for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. It runs in a thread of its own, with the context variables of its caller."""
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[T] = loop.create_future()
    context = copy_context()

    def end(result: T | None, error: BaseException | None) -> None:
        if ending.done():  # cancelled
            return
        if error is not None:
            ending.set_exception(error)
        else:
            ending.set_result(result)  # type: ignore[arg-type]

    def serve() -> None:
        result = error = None
        try:
            result = context.run(work)
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            loop.call_soon_threadsafe(end, result, error)

    threading.Thread(target=serve, daemon=True, name="monostep-run").start()
    return await ending
