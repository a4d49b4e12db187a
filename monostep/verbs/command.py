"""The verbs of `python -m handler`: JSON on stdout, messages on stderr; exit 0 success, 1 failure or findings, 2 usage.

Each verb imports what it needs when it is called, so that `json` starts nothing but the interpreter and this file.
Verbs with files of their own are named in MORE: the file has `add_arguments(parser)` and `run(arguments) -> int`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from monostep import definition
from monostep.errors import InvalidDefinition, InvalidRequest, Unsupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from monostep.language.diagnostic import Diagnostic
    from monostep.workflow.run import Workflow

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EPILOG = "INPUT is JSON text, - for stdin, or file://path. Exit: 0 success, 1 failure or findings, 2 usage."


def main(argv: Sequence[str]) -> int:
    """Exit code of one command line; never a traceback, unless MONOSTEP_TRACEBACK is set."""
    try:
        arguments = _parser(argv).parse_args(argv[1:] if _known(argv) else argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except InvalidDefinition as error:
        said = [str(found) for found in error.diagnostics] or [str(error)]
        return _say("\n".join(f"monostep: {line}" for line in said), 1)
    except Unsupported as error:
        return _say(f"monostep: {error}", 1)
    except (UsageError, InvalidRequest) as error:
        return _say(f"monostep: {error}", 2)
    except Exception as error:  # the user's module cannot be imported, most likely
        return _say(f"monostep: {type(error).__name__}: {error} ({_place(error)})", 1)


def _place(error: BaseException) -> str:
    """File and line that raised it; of a SyntaxError those it names itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or isinstance(error, SyntaxError):
        return f"{getattr(error, 'filename', None)}:{getattr(error, 'lineno', None)}"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Of the verb that is asked for, and of it alone; without one, the list of verbs."""
    return verb_parser(argv[0]) if _known(argv) else _listing()


def verb_parser(verb: str) -> argparse.ArgumentParser:
    """The parser of one verb; `run` among its defaults is what carries it out."""
    parser = argparse.ArgumentParser(
        prog=f"python -m handler {verb}",
        description=VERBS[verb][0] if verb in VERBS else MORE[verb][0],
        epilog=EPILOG,
        formatter_class=_formatter,
    )
    add, run = VERBS[verb][1:] if verb in VERBS else _home(MORE[verb][1])
    add(parser)
    parser.set_defaults(run=run, verb=verb)
    return parser


def _known(argv: Sequence[str]) -> bool:
    return bool(argv) and (argv[0] in VERBS or argv[0] in MORE)


def _home(module: str) -> tuple[Add, Run]:
    from importlib import import_module

    try:
        home = import_module(module)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("monostep."):
            raise
        raise UsageError(f"{module} is not in this image; one built with --extras deployer has it") from None
    return home.add_arguments, home.run


def _listing() -> argparse.ArgumentParser:
    verbs = [*((verb, row[0]) for verb, row in VERBS.items()), *((verb, row[0]) for verb, row in MORE.items())]
    parser = argparse.ArgumentParser(
        prog="python -m handler",
        description="One container image, every step. Without a verb this is the Lambda.",
        epilog="verbs:\n" + "".join(f"  {verb:<12}{summary}\n" for verb, summary in verbs) + f"\n{EPILOG}",
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100),
    )
    parser.add_argument("verb", metavar="VERB", choices=[verb for verb, _ in verbs])
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    """With a width of its own: asking the terminal imports shutil, on every start."""
    return argparse.HelpFormatter(prog, width=int(os.environ.get("COLUMNS", "100")))


def _workflow_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workflow", metavar="NAME", help="a folder of workflows/; without it the default workflow")


def folder(name: str | None) -> str:
    """Where a workflow lives; UsageError lists those there are."""
    if name is None:
        return ROOT
    if name == "deployer":
        return os.path.join(ROOT, "monostep", "deploy")
    home = os.path.join(ROOT, "workflows")
    folders = sorted(os.listdir(home)) if os.path.isdir(home) else []
    known = [folder for folder in folders if definition.there(os.path.join(home, folder))]
    if name not in known:
        raise UsageError(f"no workflow {name!r}; there are: {', '.join(known) or 'none'}")
    return os.path.join(home, name)


def source(name: str | None) -> str:
    """The text of a workflow's definition."""
    place = folder(name)
    return definition.text(place, lambda: _task_module(place))


def _task_module(place: str) -> str | None:
    from pathlib import Path

    from monostep.workflow.run import load_tasks

    return load_tasks(Path(place))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def given(text: str) -> Any:
    """The value of an INPUT argument."""
    where = "the input"
    if text == "-":
        where, text = "stdin", sys.stdin.read()
    elif text.startswith("file://"):
        where = text[7:]
        text = _read(where)
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError(f"{where} is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{where} is not JSON: {error.msg} at {error.lineno}:{error.colno}") from None


def show(value: Any, pretty: bool | None = None) -> None:
    """JSON on stdout: indented for a person, one line for a program."""
    indent = 2 if (sys.stdout.isatty() if pretty is None else pretty) else None
    print(json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "backslashreplace").decode())


def _say(message: str, code: int) -> int:
    if os.environ.get("MONOSTEP_TRACEBACK"):
        import traceback

        traceback.print_exc()
    print(message, file=sys.stderr)
    return code


def _refused(diagnostics: Sequence[Diagnostic], workflow: str | None) -> int:
    """What is wrong with a workflow's machine, and where in its text."""
    from monostep.language.text.positions import Positions
    from monostep.verbs import reports

    text = source(workflow)
    path, positions = os.path.relpath(os.path.join(folder(workflow), "machine.json")), Positions(text)
    findings = [reports.Finding(path, positions.locate(found.location), found) for found in diagnostics]
    print(reports.text(findings), end="", file=sys.stderr)
    return 1


def _json_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arn", nargs="?", metavar="ARN", help="the Lambda's ARN, in place of ${LambdaArn}")
    _workflow_option(parser)


def _json(arguments: argparse.Namespace) -> int:
    from monostep.language.inject import expand, substitute
    from monostep.language.text.reading import read

    machine, found = read(source(arguments.workflow))
    if found:
        return _refused(found, arguments.workflow)
    machine = expand(machine, arguments.workflow)
    show(substitute(machine, {"LambdaArn": arguments.arn}) if arguments.arn else machine, pretty=True)
    return 0


def _exec_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", nargs="?", default="{}", metavar="INPUT", help="the execution's input; {} without it")
    _workflow_option(parser)
    parser.add_argument("--real-time", action="store_true", help="really wait; without it time is skipped")
    parser.add_argument("--history", metavar="FILE", help="write the events as JSON, as get-execution-history does")
    parser.add_argument("--trace", action="store_true", help="show each state on stderr, as a terminal does anyway")


def _load(arguments: argparse.Namespace) -> Workflow:
    from monostep.workflow.run import Workflow

    return Workflow.load(folder(arguments.workflow))


def _exec(arguments: argparse.Namespace) -> int:
    value = given(arguments.input)
    watch = None
    if arguments.trace or sys.stderr.isatty():
        from monostep.workflow.trace import watcher

        watch = watcher(sys.stderr)
    try:
        workflow = _load(arguments)
    except InvalidDefinition as error:
        if definition.is_code(folder(arguments.workflow)):
            raise
        return _refused(error.diagnostics, arguments.workflow)
    execution = workflow.run(value, real_time=arguments.real_time, watch=watch)
    if arguments.history:
        _write(arguments.history, {"events": execution.history})
    if execution.status == "SUCCEEDED":
        show(execution.output)
        return 0
    failure = {"error": execution.error, "cause": execution.cause}
    print(json.dumps(failure, ensure_ascii=True), file=sys.stderr)
    return 1


def _write(path: str, document: Any) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1, default=lambda moment: moment.isoformat())
            file.write("\n")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _tasks(arguments: argparse.Namespace) -> int:
    from monostep.language.inject import expand
    from monostep.language.text.reading import read
    from monostep.tasks import registry
    from monostep.workflow.run import users

    module = _task_module(folder(arguments.workflow))
    machine = expand(read(source(arguments.workflow))[0], arguments.workflow)
    used = users(machine)
    tasks = registry.tasks(module) if module else {}
    rows = [
        {"name": name, "signature": task.signature, "states": used.get(name, []), "location": task.location}
        for name, task in tasks.items()
    ]
    if not sys.stdout.isatty():
        show(rows)
        return 0
    for row in rows:
        print(f"{row['name']}{row['signature']}\n    states: {', '.join(row['states']) or 'none'}   {row['location']}")
    return 0


def _invoke_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task's name")
    parser.add_argument("input", nargs="?", default="{}", metavar="INPUT", help="its Input; {} without it")
    _workflow_option(parser)


def _invoke(arguments: argparse.Namespace) -> int:
    from monostep.tasks import payload, runtime

    event = {"Task": arguments.task, "Input": given(arguments.input)}
    if arguments.workflow is not None:
        folder(arguments.workflow)
        event["Workflow"] = arguments.workflow
    try:
        show(runtime.handle(event))
    except (Exception, SystemExit) as error:
        name, message = payload.failure(error)
        print(json.dumps({"errorType": name, "errorMessage": message}), file=sys.stderr)
        return 1
    return 0


Add = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]
Verb = tuple[str, Add, Run]
VERBS: Mapping[str, Verb] = {
    "json": ("print the machine as plain ASL", _json_arguments, _json),
    "exec": ("run the machine here, in this process", _exec_arguments, _exec),
    "tasks": ("list the task functions and the states that use them", _workflow_option, _tasks),
    "invoke": ("call one task as the Lambda would", _invoke_arguments, _invoke),
}
MORE: Mapping[str, tuple[str, str]] = {
    "bootstrap": ("release with your own credentials, without a deployer", "monostep.deploy.bootstrap"),
    "deploy": ("release code and machine together, through the deployer", "monostep.deploy.deploy"),
    "deprovision": ("delete the stack in AWS", "monostep.stack.deprovision"),
    "halt": ("end a deploy under way: it rolls back", "monostep.deploy.freeze"),
    "history": ("the releases there were", "monostep.deploy.status"),
    "lint": ("check machines: by the rules of AWS, by our own, against the services' models", "monostep.verbs.lint"),
    "local": ("be a Lambda here: AWS's invoke path in front of the real process", "monostep.verbs.local"),
    "lock": ("let nobody deploy", "monostep.deploy.freeze"),
    "plan": ("what a deploy would change", "monostep.deploy.plan"),
    "policy": ("what IAM must allow a workflow, the deployer or a repository", "monostep.verbs.policy"),
    "provision": ("make or change the stack in AWS", "monostep.stack.provision"),
    "prune": ("delete versions that nothing needs", "monostep.deploy.prune"),
    "rollback": ("go back to an earlier release", "monostep.deploy.rollback"),
    "status": ("the alias, its release, the locks, the stack with its owner and drift", "monostep.deploy.status"),
    "template": ("print a stack for all workflows: CloudFormation, SAM or Terraform", "monostep.verbs.template"),
    "unlock": ("let deploy again", "monostep.deploy.freeze"),
    "build": ("print a definition as builder code", "monostep.verbs.build"),
}
