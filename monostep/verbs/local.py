"""`python -m handler local`: this Lambda on this machine, behind AWS's invoke path."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from monostep.errors import UsageError
from monostep.local.environment import Function, Settings
from monostep.local.front import Front

ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; 0.0.0.0 in a container")
    parser.add_argument("--port", type=int, default=9000, help="0 for any free one; 9000 without it")
    parser.add_argument("--timeout", type=float, default=900.0, metavar="SECONDS", help="of a call; 900 without it")
    parser.add_argument("--memory", type=int, default=1024, metavar="MB", help="what the function is told it has")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the process is asked to stop."""
    if not 0 < arguments.timeout <= 900:
        raise UsageError(f"--timeout is more than 0 and at most 900 seconds, not {arguments.timeout:g}")
    function = Function(Settings(ROOT, arguments.timeout, arguments.memory))
    try:
        front = Front(function, arguments.host, arguments.port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on {arguments.host}:{arguments.port}: {error}") from None
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    path = "2015-03-31/functions/function/invocations"
    print(f"monostep: POST events to http://{front.host}:{front.port}/{path}", file=sys.stderr, flush=True)
    function.start()
    stopped.wait()
    front.close()
    function.close()
    return 0
