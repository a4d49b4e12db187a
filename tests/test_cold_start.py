"""What a cold start costs is what the user's tasks import: the Lambda path brings nothing of its own, least of all
pydantic, boto3, asyncio, jsonpath_ng, inspect, typing or dataclasses.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests import artifact
from tests.lambda_api import running

BARE = "import sys\ndef handle(event, context):\n    return sorted(sys.modules)\n"
TASKS = """\
from __future__ import annotations
import sys
from monostep import task

@task
def Modules(value: dict[str, object] | None, context: object) -> list[str]:
    return sorted(sys.modules)
"""


def modules(folder: Path, command: list[str] | None, event: object) -> set[str]:
    with running(command, cwd=folder) as process:
        return set(process.invoke(event).value)


def test_plain_typed_tasks_import_nothing_that_awslambdaric_does_not(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(BARE)
    bare = modules(tmp_path, [sys.executable, "-m", "awslambdaric", "bare.handle"], {})
    ours = modules(artifact.copy(tmp_path, TASKS), None, {"Task": "Modules", "Input": {"a": 1}})
    assert "monostep.tasks.runtime" in ours
    assert not {"pydantic", "typing", "inspect", "dataclasses", "asyncio"} & bare
    assert {
        name for name in ours - bare if name.partition(".")[0] not in ("handler", "monostep", "awslambdaric")
    } == set()
