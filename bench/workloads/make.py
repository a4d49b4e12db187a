"""Writes the workloads: one JSON file each with a machine and an input (`python bench/workloads/make.py`).

`../shared/workloads`, which the issues name, was not there when these were made; they follow the names and the
figures the issues give.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
State = dict[str, Any]


def add(name: str, states: dict[str, State], given: Any, *, limits: bool = True, **machine: Any) -> None:
    definition = {**machine, "StartAt": next(iter(states)), "States": states}
    text = json.dumps({"definition": definition, "input": given, "limits": limits}, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n", "utf-8")


def loop(name: str, count: int) -> None:
    """A counter: Choice, Pass with States.MathAdd, again."""
    states: dict[str, State] = {
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.i", "NumericLessThanPath": "$.n", "Next": "Add"}],
            "Default": "Done",
        },
        "Add": {
            "Type": "Pass",
            "Parameters": {"i.$": "States.MathAdd($.i, 1)", "n.$": "$.n", "tag": "loop"},
            "Next": "More",
        },
        "Done": {"Type": "Succeed"},
    }
    add(name, states, {"i": 0, "n": count, "tag": "loop"})


def order(index: int) -> dict[str, Any]:
    return {
        "id": index,
        "customer": f"c{index % 97}",
        "price": index * 7 % 113,
        "tags": ["a", "b"],
        "paid": index % 3 == 0,
    }


def mapping(name: str, items: list[Any]) -> None:
    inner: dict[str, State] = {
        "Look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.item.price", "NumericGreaterThan": 50, "Next": "Dear"}],
            "Default": "Cheap",
        },
        "Dear": {"Type": "Pass", "Parameters": {"id.$": "$.item.id", "class": "dear", "at.$": "$.index"}, "End": True},
        "Cheap": {
            "Type": "Pass",
            "Parameters": {"id.$": "$.item.id", "class": "cheap", "at.$": "$.index"},
            "End": True,
        },
    }
    states: dict[str, State] = {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index"},
            "ItemProcessor": {"StartAt": "Look", "States": inner},
            "End": True,
        }
    }
    add(name, states, {"items": items}, limits=False)


def small_mapping() -> None:
    """As little as a Map item can be: a small object in, one state with one call, a small object out."""
    inner: dict[str, State] = {
        "Add": {"Type": "Pass", "Parameters": {"id.$": "$.id", "n.$": "States.MathAdd($.n, 1)"}, "End": True},
    }
    states: dict[str, State] = {
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Add", "States": inner}, "End": True}
    }
    add("map10k_small", states, [{"id": i, "n": i % 7} for i in range(10_000)], limits=False)


def deep_choice() -> None:
    """200 rules of three comparisons each, the last one holds; 50 times over."""
    rules = [
        {
            "And": [
                {"Variable": "$.order.total", "NumericGreaterThanEquals": i * 10},
                {"Variable": "$.order.total", "NumericLessThan": i * 10 + 10},
                {"Not": {"Variable": "$.order.country", "StringEquals": "XX"}},
            ],
            "Next": "Count",
        }
        for i in range(200)
    ]
    states: dict[str, State] = {
        "Pick": {"Type": "Choice", "Choices": rules, "Default": "Done"},
        "Count": {
            "Type": "Pass",
            "Parameters": {"order.$": "$.order", "left.$": "States.MathAdd($.left, -1)"},
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.left", "NumericGreaterThan": 0, "Next": "Pick"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    add("choice_deep", states, {"order": {"total": 1995, "country": "DE"}, "left": 50})


def payload() -> None:
    """200 KB carried through twelve states that each add or replace a little."""
    states: dict[str, State] = {}
    for i in range(12):
        last = i == 11
        states[f"S{i}"] = {
            "Type": "Pass",
            "Result": {"step": i},
            "ResultPath": f"$.marks.s{i}",
            **({"End": True} if last else {"Next": f"S{i + 1}"}),
        }
    add("payload", states, {"orders": [order(i) | {"note": "x" * 60} for i in range(1300)], "marks": {}})


def parallel() -> None:
    branch: list[dict[str, Any]] = [
        {
            "StartAt": f"B{i}",
            "States": {
                f"B{i}": {"Type": "Pass", "Parameters": {"n.$": "$.n", "b": i}, "Next": f"W{i}"},
                f"W{i}": {"Type": "Wait", "Seconds": 0, "End": True},
            },
        }
        for i in range(100)
    ]
    add("parallel100", {"P": {"Type": "Parallel", "Branches": branch, "End": True}}, {"n": 1})


def jsonata() -> None:
    states: dict[str, State] = {
        "More": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.i < $states.input.n %}", "Next": "Add"}],
            "Default": "Done",
        },
        "Add": {
            "Type": "Pass",
            "Output": {"i": "{% $states.input.i + 1 %}", "n": "{% $states.input.n %}", "tag": "loop"},
            "Next": "More",
        },
        "Done": {"Type": "Succeed"},
    }
    add("jsonata_loop1000", states, {"i": 0, "n": 1000, "tag": "loop"}, QueryLanguage="JSONata")
    inner: dict[str, State] = {
        "Price": {
            "Type": "Pass",
            "Output": {"id": "{% $states.input.id %}", "gross": "{% $states.input.price * 1.19 %}"},
            "End": True,
        }
    }
    each: dict[str, State] = {
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemProcessor": {"StartAt": "Price", "States": inner},
            "End": True,
        }
    }
    items = [order(i) for i in range(10_000)]
    add("jsonata_map10k", each, {"items": items}, limits=False, QueryLanguage="JSONata")
    rules = [
        {
            "Condition": f"{{% $states.input.total >= {i * 10} and $states.input.total < {i * 10 + 10} %}}",
            "Next": "Found",
        }
        for i in range(200)
    ]
    choice: dict[str, State] = {
        "Pick": {"Type": "Choice", "Choices": rules, "Default": "Missed"},
        "Found": {"Type": "Succeed"},
        "Missed": {"Type": "Fail", "Error": "Missed"},
    }
    add("jsonata_choice", choice, {"total": 1995}, QueryLanguage="JSONata")


if __name__ == "__main__":
    loop("loop1000", 1000)
    mapping("map10k", [order(i) for i in range(10_000)])
    small_mapping()
    deep_choice()
    payload()
    parallel()
    jsonata()
