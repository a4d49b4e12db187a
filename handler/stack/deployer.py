"""What the deployer needs of IAM and of AWS: `policy deployer` and `template deployer`."""

from __future__ import annotations

from typing import Any

from handler.errors import Unsupported
from handler.stack.options import Options
from handler.stack.policy import Statement


def statements(stack: str) -> list[Statement]:
    raise Unsupported(f"policy deployer: the deployer of {stack} is not built yet")


def template(options: Options) -> dict[str, Any]:
    raise Unsupported(f"template deployer: the deployer with {options.image} is not built yet")
