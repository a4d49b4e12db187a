"""TestState calls that AWS answered, scored by the recordings' own scorer."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.shared import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[2]
GAPS = {
    # botocore's model has since raised Lambda's maximum
    "test_strict_mode_aws_sdk_lambda_get_function_task[integer_more_than_maximum_allowed]",
}
INSPECTION_GAPS = {
    # LocalStack's own text, with blanks, where nothing was recorded from AWS
    f"test_state_machine_with_state_error[{level}]#{which}_tolerated_failure"
    for level in ("DEBUG", "TRACE")
    for which in ("below", "exceeds")
}


@needs_shared
def test_every_recorded_call_is_answered_as_aws_did_but_the_named_gaps(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    command = [sys.executable, "score.py", "cases", "--batch", "--areas", "teststate", "--results", str(out)]
    subprocess.run(
        [*command, "--engine", f"{sys.executable} engine.py"],
        cwd=SHARED / "conformance",
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 135
    assert {row["id"].split("::")[-1] for row in rows if row["L1"] is False} == GAPS
    assert {row["id"].split("::")[-1] for row in rows if row["L2"] is False} == INSPECTION_GAPS
