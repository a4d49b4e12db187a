"""Releases at random, good and bad: `python -m tests.deploy.fuzz 500` runs that many.

Each change of a release is drawn together with whether it must be refused, so that a deployer that takes a bad release,
refuses a good one, fails in any other way than by BadReleaseError, or changes something after a refusal is found.
`test_fuzz` plants such faults and expects them to be.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monostep.deploy.release import stamp
from tests.aws.server import serving
from tests.deploy.world import REPOSITORY, World

Change = tuple[str, Any, bool]
"""(field or action, value, whether it must be refused)"""
DAY = 86400
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN = {"rollback", "lambda_sha256", "uuid", "started_at"}
CHANGES: dict[str, st.SearchStrategy[Change]] = {
    "good created_at": st.integers(-10 * DAY + 5, 110).map(lambda seconds: ("created_at", seconds, False)),
    "bad created_at": st.one_of(st.integers(-400 * DAY, -10 * DAY - 5), st.integers(130, 400 * DAY)).map(
        lambda seconds: ("created_at", seconds, True)
    ),
    "odd created_at": st.text(max_size=25).map(lambda text: ("created_at", text, True)),
    "unknown": st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=4, max_size=9)
    .filter(lambda name: name not in ("alias", "adopt", "bucket", "health", "timeout", "metadata", "strategy", *KNOWN))
    .map(lambda name: (name, 1, True)),
    "server's": json_values.map(lambda value: ("uuid", value, False)),
    "metadata": st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=3).map(
        lambda value: ("metadata", value, False)
    ),
    "odd metadata": st.dictionaries(st.text(max_size=5), st.integers() | st.none(), min_size=1, max_size=3).map(
        lambda value: ("metadata", value, True)
    ),
    "tag": st.from_regex(r"[a-z]{1,9}", fullmatch=True).map(lambda tag: ("image_uri", f"{REPOSITORY}:{tag}", True)),
    "no image": st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(
        lambda digest: ("image_uri", f"{REPOSITORY}@sha256:{digest}", True)
    ),
    "steps": st.sets(st.integers(1, 99), max_size=3).map(
        lambda steps: ("strategy", {"steps": [*sorted(steps), 100]}, False)
    ),
    "odd steps": st.lists(st.integers(-5, 99), max_size=4).map(lambda steps: ("strategy", {"steps": steps}, True)),
    "smoke": json_values.map(lambda value: ("health", {"input": value}, False)),
    "odd": st.tuples(st.sampled_from(["timeout", "adopt", "alias", "config_name", "lambda_name"]), json_values)
    .filter(lambda pair: not isinstance(pair[1], str | bool | int))
    .map(lambda pair: (pair[0], pair[1], True)),
    "edited": st.just(("edited", None, True)),
    "replayed": st.just(("replayed", None, True)),
    "truncated": st.sampled_from(["release_id", "bucket", "state_machine_sha256", "step_fn_name"]).map(
        lambda name: ("without", name, True)
    ),
}
changes = st.lists(st.sampled_from(sorted(CHANGES)), max_size=2, unique=True).flatmap(
    lambda names: st.tuples(*(CHANGES[name] for name in names))
)


def made(world: World, drawn: tuple[Change, ...]) -> tuple[Any, bool]:
    """The execution's input, and whether it must be refused."""
    fields = {name: value for name, value, _ in drawn if name not in ("edited", "replayed", "without")}
    if isinstance(fields.get("created_at"), int):
        fields["created_at"] = stamp(world.clock.now() + fields["created_at"])
    release = world.release("B", **fields)
    actions = {name: value for name, value, _ in drawn if name in ("edited", "replayed", "without")}
    if "edited" in actions:
        release = {**release, "alias": "other" if release["alias" if "alias" in release else "bucket"] else ""}
    if "without" in actions:
        release = {key: value for key, value in release.items() if key != actions["without"]}
    if "replayed" in actions:
        world.first.run(release, STOP)
    last = {name: bad for name, _, bad in drawn}
    return release, any(last.values())


def _stop(_: Any) -> Any:
    raise ValueError("accepted")


STOP = {"Lock": _stop}


def check(world: World, drawn: tuple[Change, ...], whole: bool) -> None:
    """AssertionError where the deployer does what it must not."""
    release, bad = made(world, drawn)
    before = world.everything()
    execution = world.first.run(release, None if whole else STOP)
    path = execution.path
    if bad:
        assert path == ["Validate", "FailureClean"], f"{drawn} is taken: {path}"
        assert json.loads(execution.cause or "{}")["Error"] == "BadReleaseError", execution.cause
        assert world.everything() == before
    elif whole:
        assert path[-1] == "Success", f"{drawn} is refused: {execution.cause}"
        assert world.consistent()
    else:
        assert path[:2] == ["Validate", "Lock"], f"{drawn} is refused: {execution.cause}"
    assert not world.locked()


def fuzz(world: World, examples: int, whole: bool = False) -> None:
    """AssertionError with the smallest releases found that go wrong."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(changes)
    def run(drawn: tuple[Change, ...]) -> None:
        check(world, drawn, whole)

    run()


if __name__ == "__main__":
    with serving() as server:
        fuzz(World(server).build(), int(sys.argv[1]) if len(sys.argv) > 1 else 200, whole=True)
    print("nothing found")
