"""What is watched: alarms for executions that fail, and the dashboard of machines and Lambdas."""

from __future__ import annotations

from typing import Any

FAILURES = (
    ("Failed", "ExecutionsFailed", "an execution failed"),
    ("TimedOut", "ExecutionsTimedOut", "an execution timed out"),
    ("Throttled", "ExecutionThrottled", "executions are throttled"),
)
"""End of the logical id, metric of AWS/States, and what it says."""
EXECUTIONS = (
    "ExecutionsStarted",
    "ExecutionsSucceeded",
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "ExecutionsAborted",
    "ExecutionThrottled",
)
CALLS = ("Invocations", "Errors", "Throttles", "ConcurrentExecutions")
PERIOD = 300  # seconds
WIDTH, HEIGHT = 12, 6  # of a widget, on a grid of 24


def alarm(metric: str, says: str, workflow: str) -> dict[str, Any]:
    """The properties an alarm has in every format, in CloudFormation's words; its dimensions and actions are added."""
    return {
        "AlarmDescription": f"{workflow}: {says}",
        "Namespace": "AWS/States",
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": PERIOD,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def dashboard(machines: dict[str, str], functions: list[str], region: str) -> dict[str, Any]:
    """The body of a dashboard: `machines` maps a workflow to the text of its ARN, `functions` are names."""
    widgets: list[dict[str, Any]] = []
    for name, arn in machines.items():
        counts = [["AWS/States", metric, "StateMachineArn", arn] for metric in EXECUTIONS]
        times: list[list[Any]] = [
            ["AWS/States", "ExecutionTime", "StateMachineArn", arn, {"stat": stat}] for stat in ("p50", "p95", "p99")
        ]
        widgets += [_widget(f"{name}: executions", counts, region), _widget(f"{name}: milliseconds", times, region)]
    for name in functions:
        calls = [["AWS/Lambda", metric, "FunctionName", name] for metric in CALLS]
        spans: list[list[Any]] = [
            ["AWS/Lambda", "Duration", "FunctionName", name, {"stat": stat}] for stat in ("p50", "p95", "p99")
        ]
        widgets += [_widget(f"{name}: calls", calls, region), _widget(f"{name}: milliseconds", spans, region)]
    for index, widget in enumerate(widgets):
        widget |= {"x": WIDTH * (index % 2), "y": HEIGHT * (index // 2)}
    return {"widgets": widgets}


def _widget(title: str, metrics: list[Any], region: str) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "metrics": metrics,
        "stat": "Sum",
        "period": PERIOD,
        "view": "timeSeries",
    }
    return {"type": "metric", "width": WIDTH, "height": HEIGHT, "properties": properties}
