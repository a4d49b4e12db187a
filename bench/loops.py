# ruff: noqa: ARG001 - every loop is called with (document, call), whether it calls a function or not
"""Physical limit: direct Python doing the same data manipulations, no interpretation.
Copies only where value semantics demand it (a shallow dict copy where a new document differs from its parent)."""

from collections.abc import Callable
from typing import Any

Call = Callable[[str, Any], Any]


def hello(d: Any, h: Call) -> Any:
    return h("hello", d)


def loop1000(d: Any, h: Call) -> Any:
    while True:
        if not d["counter"] < 1000:
            return d
        d = {"counter": d["counter"] + 1, "label": d["label"]}
        d = {**d, "mark": "marked"}


def task_loop(d: Any, h: Call) -> Any:
    call = h
    while True:
        d = call("inc", d)
        if not d["n"] < 500:
            return d


def map10k(d: Any, h: Call) -> Any:
    return [{"id": it["id"], "v": it["v"], "k": "const"} for it in d["items"]]


def map10k_small(d: Any, h: Call) -> Any:
    return [{"i": it["i"], "k": "c"} for it in d["items"]]


def map1k_task(d: Any, h: Call) -> Any:
    call = h
    return [call("double", it) for it in d["items"]]


def chain50(d: Any, h: Call) -> Any:
    for i in range(50):
        if i % 2:
            d = {**d, "acc": {"v": i}}
        else:
            d = {
                **d,
                "out": {
                    **d["out"],
                    f"s{i % 5}": {
                        "i": i,
                        "prev": d["acc"]["v"],
                        "name": d["user"]["name"],
                        "nested": {"tag": f"t{i}", "first": d["items"][0]},
                    },
                },
            }
    return d


def parallel10(d: Any, h: Call) -> Any:
    out = []
    for _ in range(10):
        x = d
        for i in range(20):
            x = {**x, f"r{i % 4}": i}
        out.append(x)
    return out


def intrinsics(d: Any, h: Call) -> Any:
    while d["i"] < 300:
        d = {
            "i": d["i"] + 1,
            "csv": d["csv"],
            "a": d["a"],
            "b": d["b"],
            "fmt": f"item {d['i']} of {d['csv']}",
            "range": list(range(1, 21, 2)),
            "merged": {**d["a"], **d["b"]},
            "parts": d["csv"].split(","),
        }
    return d


KS = [f"k{j}" for j in range(200)]


def choice_deep(d: Any, h: Call) -> Any:
    while not d["i"] >= 200:
        kind = d["kind"]
        for k in KS:  # the 200 comparisons, one by one
            if kind == k:
                break
        d = {"i": d["i"] + 1, "kind": kind}
    return d


def payload(d: Any, h: Call) -> Any:
    rows = d["rows"]
    for i in range(20):
        v = {"copied": rows[i * 10]} if i % 4 == 3 else i
        d = {**d, "marks": {**d["marks"], f"m{i}": v}}
    return d


def wait(d: Any, h: Call) -> Any:
    return d


def retry(d: Any, h: Call) -> Any:
    while True:
        try:
            return h("flaky", d)
        except Exception:
            pass


jsonata_loop1000, jsonata_map10k, jsonata_choice = loop1000, map10k, choice_deep
