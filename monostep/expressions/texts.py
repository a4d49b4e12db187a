"""Values as compact JSON, as AWS writes them into causes."""

from __future__ import annotations

import json
from typing import Any

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_text(value: Any) -> str:
    """Compact JSON, for causes: never raises. What Python cannot follow to the bottom is cut to an ellipsis."""
    try:
        return encode(value)
    except (RecursionError, ValueError, TypeError):
        return "…"
