"""Answers in the shapes of AWS's protocols."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

Forward = Callable[..., Response]
"""(changed body or None) -> moto's answer"""


def answered(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")


def refused(code: str, message: str, status: int = 400) -> Response:
    """An error of the JSON protocols: the code in the body and in the header, whichever the service's is."""
    body = {"__type": code, "Type": "User", "message": message, "Message": message}
    answer = Response(json.dumps(body), status, mimetype="application/json")
    answer.headers["x-amzn-ErrorType"] = code
    return answer
