"""`python -m handler`: the Lambda when Lambda starts it, the command line otherwise."""

from __future__ import annotations

import os
import sys

EXPLANATION = """\
This is the Lambda's entry point, and this is not a Lambda: AWS_LAMBDA_RUNTIME_API is not set.

usage: python -m handler json [ARN]        print the machine
       python -m handler exec [INPUT]      run it here
       python -m handler tasks             list its task functions
       python -m handler invoke TASK INPUT call one of them as the Lambda would
       python -m handler --help            everything else
"""


def main() -> int | None:
    if len(sys.argv) > 1:
        from monostep.verbs import command

        code: int | None = command.main(sys.argv[1:])
        return code
    if "AWS_LAMBDA_RUNTIME_API" in os.environ:
        serve()
        return 0
    print(EXPLANATION, end="", file=sys.stderr)
    return 2


def serve() -> None:
    """Answer Lambda's events until it stops the process."""
    import io

    from awslambdaric import __main__ as client
    from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient

    from monostep.tasks.payload import Marshaller

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    BaseLambdaRuntimeClient.marshaller = Marshaller()
    client.main([sys.argv[0], "monostep.tasks.runtime.respond"])


if __name__ == "__main__":
    sys.exit(main())
