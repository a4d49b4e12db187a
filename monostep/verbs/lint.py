"""`lint`: definitions in files, checked by AWS's rules, by our own, and against botocore's models.

Without files it is the default workflow's machine.json and the functions beside it. A workflow's functions are also
looked at where its machine.json is given as a file. They are imported for that, so no other file's neighbours are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from monostep import definition
from monostep.errors import UsageError
from monostep.language import services
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint import parameters
from monostep.language.lint.advice import advise
from monostep.language.lint.survey import Survey
from monostep.language.lint.verdict import lint
from monostep.language.text.positions import Positions
from monostep.language.text.reading import LIMIT, read
from monostep.tasks import registry
from monostep.verbs import reports
from monostep.verbs.command import ROOT as PROJECT
from monostep.verbs.command import folder
from monostep.verbs.reports import Finding
from monostep.workflow.run import load_tasks

ROOT = Path(PROJECT)
MACHINE = definition.TEXT
YAML = (".yaml", ".yml")


class Source(NamedTuple):
    """A file as the user names it, and the workflow it belongs to, where it does."""

    path: str
    data: bytes
    home: Path | None


class Document(NamedTuple):
    """What a text says (None where it says nothing that can be checked), where, and what is wrong with the text."""

    value: Any
    positions: Positions
    found: list[Diagnostic]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="JSON, YAML or a machine.py; - is stdin")
    parser.add_argument("--workflow", metavar="NAME", help="check against the functions of workflows/NAME")
    parser.add_argument("--type", choices=("STANDARD", "EXPRESS"), default="STANDARD", help="STANDARD unless given")
    parser.add_argument("--format", choices=tuple(reports.FORMATS), default="text", help="text unless given")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 0 without an error among them, 1 with. UsageError for a file that cannot be read."""
    asked = Path(folder(arguments.workflow)) if arguments.workflow or not arguments.files else None
    paths = arguments.files or [_own(asked or ROOT)]
    sources = [_source(path, asked) for path in paths]
    findings: list[Finding] = []
    calls = 0
    for source in sources:
        document = _document(source, arguments.type)
        survey = Survey(document.value) if isinstance(document.value, dict) else None
        found = [*document.found, *(_advice(source, survey) if survey else [])]
        calls += len(parameters.calls(survey)) if survey else 0
        findings += _located(source.path, document.positions, found, survey)
    report = reports.FORMATS[arguments.format](findings)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(report.encode(encoding, "backslashreplace").decode(encoding))
    _tell(len(sources), findings, calls if calls and not services.available() else 0)
    return int(any(finding.diagnostic.severity == "ERROR" for finding in findings))


def _tell(files: int, findings: list[Finding], unchecked: int) -> None:
    errors = sum(finding.diagnostic.severity == "ERROR" for finding in findings)
    counted = f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')} in {_count(files, 'file')}"
    print(f"lint: {counted}", file=sys.stderr)
    if unchecked:
        print(
            f"lint: botocore is not installed, so {_count(unchecked, 'service call')} went unchecked", file=sys.stderr
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _own(home: Path) -> str:
    """A workflow's definition, text or code."""
    return _shown(home / (definition.CODE if definition.is_code(home) else MACHINE))


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _source(path: str, home: Path | None) -> Source:
    """At most a byte more than AWS takes is read."""
    if path == "-":
        return Source(path, sys.stdin.buffer.read(LIMIT + 1), home)
    try:
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return Source(path, data, home or _home(Path(path).resolve()))


def _home(path: Path) -> Path | None:
    """The workflow of this project that a file is the machine of."""
    own = path.name in (MACHINE, definition.CODE) and (path.parent == ROOT or path.parent.parent == ROOT / "workflows")
    return path.parent if own else None


def _document(source: Source, type: str) -> Document:
    if source.path.endswith(".py"):
        made = definition.made_by(source.path, load_tasks(source.home) if source.home else None)
        return Document(made, Positions(""), lint(made, type))
    try:
        text = source.data.decode()
    except UnicodeDecodeError as error:
        text = source.data.decode("utf-8", "replace")
        if len(source.data) <= LIMIT:
            return Document(None, Positions(text), [_not_text(source.data, error)])
    if source.path.endswith(YAML):
        from monostep.language.text import yaml

        value, positions, found = yaml.read(text)
        return Document(value, positions, found or lint(value if isinstance(value, dict) else None, type))
    found = lint(text, type)
    deep = any(finding.code == "TOO_DEEPLY_NESTED" for finding in found)
    return Document(None if deep else read(text)[0], Positions(text if len(text) <= LIMIT else ""), found)


def _not_text(data: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = data[: error.start].decode()
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"Invalid UTF-8 byte 0x{data[error.start]:02x}"
    return Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", message, f"[Source: (File); line: {line}, column: {column}]")


def _advice(source: Source, survey: Survey) -> list[Diagnostic]:
    tasks, found = _tasks(source.home) if source.home else (None, [])
    name = source.home.name if source.home and source.home != ROOT else None
    return [*found, *advise(survey.machine, tasks, name), *parameters.inspect(survey)]


def _tasks(home: Path) -> tuple[Mapping[str, object] | None, list[Diagnostic]]:
    try:
        module = load_tasks(home)
    except Exception as error:
        message = f"The workflow's tasks cannot be imported: {type(error).__name__}: {error}"
        return None, [Diagnostic("ERROR", "TASKS_NOT_IMPORTED", message)]
    return registry.tasks(module) if module else {}, []


def _located(path: str, positions: Positions, found: list[Diagnostic], survey: Survey | None) -> list[Finding]:
    """The findings in the order of the text."""
    written = [_written(finding, survey) for finding in found]
    return sorted((Finding(path, positions.locate(one.location), one) for one in written), key=lambda one: one.position)


def _written(finding: Diagnostic, survey: Survey | None) -> Diagnostic:
    """A finding about the Input that a TaskFn's own parameters become, where they were written."""
    if survey and "/Input" in finding.location:
        for state in survey.states():
            for field in ("Parameters", "Arguments"):
                for inner in ("/Payload/Input", "/Input"):
                    before = f"{state.location}/{field}{inner}"
                    if state.kind == "TaskFn" and finding.location.startswith((f"{before}/", f"{before}[")):
                        return finding._replace(location=f"{state.location}/{field}{finding.location[len(before) :]}")
    return finding
