"""The fault layer: botocore's own hooks around the n-th AWS call.

`before-call` runs before a request is made, `after-call` when its answer has been read: what is raised in the one
happens to a call that never reached AWS, in the other to one that did its work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from monostep.deploy.aws import READS

NOWHERE = "http://127.0.0.1"
LETHAL = ("dies", "gone")
WAYS = ("fails", "answer lost", *LETHAL)
"""The call fails, and so do its repetitions; it succeeds and its answer is lost; the task dies after it; the whole
execution is gone after it."""


class Faults:
    """Counts the calls of one session and strikes at one of them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.calls: list[str] = []
        self.strike: tuple[int, str] | None = None
        self.pause: tuple[int, Callable[[], None]] | None = None
        self.every: Callable[[], None] | None = None
        """Called before each call."""
        self.gone = False
        self._struck = ""
        self._left = 0

    def register(self, session: Any) -> None:
        session.events.register("before-call", self._before)
        session.events.register("after-call", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        if self.gone:
            raise SystemExit(1)
        name = f"{model.service_model.service_name}:{model.name}"
        if self._struck == name and self._left and self.strike and self.strike[1] not in LETHAL:
            self._left -= 1
            raise ConnectTimeoutError(endpoint_url=NOWHERE)
        self._struck = ""
        self.calls.append(name)
        if self.every:
            self.every()
        if self.pause and len(self.calls) == self.pause[0]:
            self.pause[1]()
        if self.strike == (len(self.calls), "fails"):
            self._struck, self._left = name, READS - 1
            raise ConnectTimeoutError(endpoint_url=NOWHERE)

    def _after(self, model: Any, **_: Any) -> None:
        if self.strike is None or len(self.calls) != self.strike[0] or self._struck:
            return
        name = f"{model.service_model.service_name}:{model.name}"
        way = self.strike[1]
        if way == "answer lost":
            self._struck, self._left = name, READS - 1
            raise ReadTimeoutError(endpoint_url=NOWHERE)
        if way in LETHAL:
            self._struck = name
            self.gone = way == "gone"
            raise SystemExit(1)
