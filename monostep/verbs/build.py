"""`monostep build FILE`: a definition as builder code on stdout, for whoever has the JSON and wants the Python.

What `lint` finds on it is said on stderr, and the exit code is 1 where AWS would refuse it; the code is printed all the
same, since it yields the same machine. Only what is no machine, or leads nowhere, has no code.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from monostep.build.reading import unusable
from monostep.build.source import source
from monostep.errors import InvalidDefinition, UsageError
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.verdict import lint, rejection
from monostep.language.text.reading import LIMIT, read

YAML = (".yaml", ".yml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a definition: JSON, or YAML by its suffix; - is stdin")


def run(arguments: argparse.Namespace) -> int:
    """Print the code; 1 where AWS would refuse the definition. InvalidDefinition where there is no code for it."""
    document, found = _document(arguments.file)
    found = found or unusable(document)
    if found:
        raise InvalidDefinition(rejection(found), found)
    sys.stdout.write(source(document).encode("utf-8", "backslashreplace").decode())
    refused = [finding for finding in lint(document) if finding.severity == "ERROR"]
    for finding in refused:
        print(f"monostep: error {finding}", file=sys.stderr)
    return int(bool(refused))


def _document(path: str) -> tuple[Any, list[Diagnostic]]:
    text = _text(path)
    if not path.endswith(YAML):
        return read(text)
    from monostep.language.text import yaml

    document, _, found = yaml.read(text)
    return document, found


def _text(path: str) -> str:
    """At most a byte more than AWS takes is read."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LIMIT + 1).decode()
        with open(path, "rb") as file:
            return file.read(LIMIT + 1).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: byte {error.start + 1}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
