"""The front: one WSGI application that answers what the fakes declare and hands the rest to moto's server."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.aws.access import Access
from tests.aws.functions import Functions
from tests.aws.images import Images
from tests.aws.machines import Machines

os.environ["MOTO_LAMBDA_STUB_ECR"] = "false"
logging.getLogger("werkzeug").setLevel(logging.ERROR)


class Server:
    """Fakes first, then moto. `url` is where boto3 finds it.

    DynamoDB's requests go to moto one at a time: "condition expressions … are evaluated before the write" as one atomic
    operation (Developer Guide: Condition expressions), and moto's threads look and write apart.
    """

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self.moto = DomainDispatcherApplication(create_backend_app)
        self._items = threading.Lock()
        self.reset()
        self._http = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
        self.functions = Functions()
        self.machines = Machines(self.functions)
        self.images = Images()
        self.access = Access()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()

        def forward(changed: bytes | None = None) -> Response:
            sent = body if changed is None else changed
            asked = {**environ, "wsgi.input": BytesIO(sent), "CONTENT_LENGTH": str(len(sent))}
            return Response.from_app(self.moto, asked)

        for fake in (self.functions, self.machines, self.images, self.access):
            answer: Response | None = fake.answer(request, body, forward)
            if answer is not None:
                return answer(environ, start)
        if request.headers.get("X-Amz-Target", "").startswith("DynamoDB_"):
            with self._items:
                return forward()(environ, start)
        return forward()(environ, start)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.close()
