"""The limit: what each workload costs in hand-written Python that does nothing else, on parsed input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def loop1000(document: Any) -> Any:
    while document["i"] < document["n"]:
        document = {"i": document["i"] + 1, "n": document["n"], "tag": "loop"}
    return document


def map10k(document: Any) -> Any:
    out = []
    for index, item in enumerate(document["items"]):
        kind = "dear" if item["price"] > 50 else "cheap"
        out.append({"id": item["id"], "class": kind, "at": index})
    return out


def map10k_small(document: Any) -> Any:
    return [{"id": item["id"], "n": item["n"] + 1} for item in document]


RANGES = [(i * 10, i * 10 + 10) for i in range(200)]


def choice_deep(document: Any) -> Any:
    while True:
        order = document["order"]
        for low, high in RANGES:
            if order["total"] >= low and order["total"] < high and order["country"] != "XX":
                break
        else:
            return document
        document = {"order": document["order"], "left": document["left"] - 1}
        if not document["left"] > 0:
            return document


def payload(document: Any) -> Any:
    for i in range(12):
        document = {**document, "marks": {**document["marks"], f"s{i}": {"step": i}}}
    return document


def parallel100(document: Any) -> Any:
    return [{"n": document["n"], "b": i} for i in range(100)]


def jsonata_map10k(document: Any) -> Any:
    return [{"id": item["id"], "gross": item["price"] * 1.19} for item in document["items"]]


def jsonata_choice(document: Any) -> Any:
    for low, high in RANGES:
        if document["total"] >= low and document["total"] < high:
            return document
    return document


LOOPS: Mapping[str, Callable[[Any], Any]] = {
    "loop1000": loop1000,
    "map10k": map10k,
    "map10k_small": map10k_small,
    "choice_deep": choice_deep,
    "payload": payload,
    "parallel100": parallel100,
    "jsonata_loop1000": loop1000,
    "jsonata_map10k": jsonata_map10k,
    "jsonata_choice": jsonata_choice,
}
