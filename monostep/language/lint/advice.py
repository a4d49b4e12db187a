"""Rules of our own: what AWS takes and what will still go wrong. `lint` does not apply them; the verb does.

Each rule is a row: its code, how grave it is, what it is about, and the function that finds. A rule that cries wolf
is worse than none: each was run over the published samples, and what it said there read by eye.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.catching import unraisable, unreachable
from monostep.language.lint.functions import functionless, idle, unanswered, unknown
from monostep.language.lint.literals import secrets
from monostep.language.lint.loops import busy, endless
from monostep.language.lint.survey import Finding, Survey
from monostep.language.lint.undecided import undecided
from monostep.language.lint.variables import undefined, unused

ENOUGH = 1000
"""Findings after which there are no more, as in `lint`."""


class Rule(NamedTuple):
    code: str
    severity: str
    summary: str
    find: Callable[[Survey], Iterator[Finding]]


RULES = (
    Rule("TASK_WITHOUT_FUNCTION", "ERROR", "A TaskFn names a task that no function is registered for", functionless),
    Rule("UNKNOWN_TASK", "ERROR", "A Task parameter names a task that no function is registered for", unknown),
    Rule("FUNCTION_WITHOUT_TASK", "WARNING", "No state uses a function", idle),
    Rule("UNRAISABLE_ERROR", "WARNING", "A Retry or Catch names an error that nothing can raise", unraisable),
    Rule("UNREACHABLE_HANDLER", "WARNING", "An earlier retrier or catcher takes all of this one's errors", unreachable),
    Rule("UNDEFINED_VARIABLE", "WARNING", "A variable is read that no state before assigns", undefined),
    Rule("UNUSED_VARIABLE", "WARNING", "A variable is assigned that no state reads", unused),
    Rule("CHOICE_WITHOUT_DEFAULT", "WARNING", "A Choice fails when no rule matches", undecided),
    Rule("CALLBACK_WITHOUT_TIMEOUT", "WARNING", "A lost task token blocks the execution for a year", unanswered),
    Rule("SECRET_LITERAL", "WARNING", "A secret stands in the definition", secrets),
    Rule("LOOP_WITHOUT_EXIT", "WARNING", "Nothing leaves a loop", endless),
    Rule("LOOP_WITHOUT_WAIT", "WARNING", "A loop asks for a state of things without pausing", busy),
)


def advise(machine: Any, tasks: Mapping[str, object] | None = None, workflow: str | None = None) -> list[Diagnostic]:
    """Every finding of these rules on a machine as it was written, TaskFn and all; not on what is no machine.

    `tasks` are the workflow's functions by name; without them, nothing is said about functions. `workflow` is the name
    of any workflow but the default one.
    """
    if not isinstance(machine, dict):
        return []
    survey = Survey(machine, tasks, workflow)
    found = (Diagnostic(rule.severity, rule.code, *finding) for rule in RULES for finding in rule.find(survey))
    return list(islice(found, ENOUGH))
