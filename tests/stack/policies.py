"""`policy` against the table of integrations: `python -m tests.stack.policies` prints the figure.

Each row of tests/cases/policy.json gives an integration, the parameters of its state and what IAM must allow, as AWS's
documentation has it (`source`); `@` is the region and account.
"""

from __future__ import annotations

from typing import Any

from monostep.errors import Unsupported
from monostep.language.inject import expand
from monostep.language.text.reading import read
from monostep.stack.arns import render
from monostep.stack.policy import Statement, derive
from tests.cases import rows
from tests.definitions import cases
from tests.shared import SHARED

PLACE = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


def machine(resource: str, parameters: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return {"StartAt": "S", "States": {"S": state}}


def statements(row: dict[str, Any]) -> list[Statement]:
    found = derive(machine(row["integration"], row["parameters"]), "m", {})
    return [one for one in found if one.actions]


def allowed(found: list[Statement]) -> dict[str, list[str]]:
    """Actions to resources, as the rows write them."""
    said = {}
    for one in found:
        texts = [render(text, PLACE).removeprefix("arn:aws:") for text in one.resources]
        said[" ".join(one.actions)] = [text.replace("us-east-1:123456789012", "@") for text in texts]
    return said


def wrong(row: dict[str, Any]) -> list[str]:
    """How the derived policy differs from the row."""
    found = statements(row)
    said, missing = allowed(found), [note.split(" is not known")[0] for one in found for note in one.broad]
    conditions = {" ".join(one.actions): one.condition for one in found}
    complaints = [] if said == row["allow"] else [f"allows {said}"]
    if missing != row.get("broad", []):
        complaints.append(f"calls {missing} unknown")
    for actions, condition in row.get("conditions", {}).items():
        if conditions.get(actions) != condition:
            complaints.append(f"{actions} has the condition {conditions.get(actions)}")
    return complaints


def corpus() -> tuple[int, list[str]]:
    """How many valid definitions of ../shared/definitions get a policy, and the resources that were refused."""
    derived, refusals = 0, []
    for case in cases():
        if not case["valid"]:
            continue
        document = case["definition"] if "definition" in case else read(case["text"])[0]
        try:
            found = derive(expand(document), "m", {}, logging=True)
        except Unsupported as refusal:
            refusals.append(refusal.message)
            continue
        assert not any("*" in action for one in found for action in one.actions), case["id"]
        assert not any("*" in one.resources and not one.notes for one in found), case["id"]
        derived += 1
    return derived, sorted(set(refusals))


def main() -> None:
    table = rows("policy")
    bad = [(row, complaint) for row in table for complaint in wrong(row)]
    names = {row["integration"].split(".")[0] for row in table}
    found = [one for row in table for one in statements(row)]
    actions = {action for one in found for action in one.actions}
    print(f"{len(names)} integrations, {len(table)} rows, {len(actions)} actions: {len(bad)} differ")
    print(f"actions with *: {sum('*' in action for action in actions)}")
    print("resource * alone:")
    for note in sorted({note for one in found if "*" in one.resources for note in one.notes}):
        print(f"  {note}")
    if SHARED.is_dir():
        derived, refusals = corpus()
        print(f"valid definitions with a policy: {derived}; refused by name:", *refusals, sep="\n  ")
    for row, complaint in bad:
        print(row["integration"], row["parameters"], "\n   ", complaint, "\n    wanted", row["allow"])


if __name__ == "__main__":
    main()
