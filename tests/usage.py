"""The README's list of verbs and options, written from the parsers themselves.

python -m tests.usage --write     puts it into README.md
"""

import argparse
import sys
from pathlib import Path

from monostep.verbs import command

README = Path(__file__).resolve().parent.parent / "README.md"
START, END = "<!-- verbs: python -m tests.usage --write -->\n", "<!-- end of verbs -->\n"


def section() -> str:
    return START + "\n".join(entry(verb) for verb in [*command.VERBS, *command.MORE]) + END


def entry(verb: str) -> str:
    parser = command.verb_parser(verb)
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    positional = [action for action in actions if not action.option_strings]
    takes = "".join(f" {shown(action)}" for action in positional)
    lines = [f"- **`{verb}{takes}`**: {parser.description}"]
    lines += [f"  - `{shown(action)}`: {action.help}" for action in actions if action.option_strings]
    return "\n".join(lines) + "\n"


def shown(action: argparse.Action) -> str:
    name = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        many = {"?": f"[{name}]", "*": f"[{name} …]", "+": f"{name} …"}
        return many.get(str(action.nargs), str(name))
    return action.option_strings[-1] + ("" if action.nargs == 0 else f" {name}")


def main() -> None:
    text = README.read_text("utf-8")
    before, rest = text.split(START)
    text = before + section() + rest.split(END)[1]
    if "--write" in sys.argv:
        README.write_text(text, "utf-8")
    else:
        print(section(), end="")


if __name__ == "__main__":
    main()
