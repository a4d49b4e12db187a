# ruff: noqa: N999 (the folder is no package to import from)
"""What Monostep costs on top of awslambdaric: `python -m bench.lambda [CALLS] [STARTS]` (see bench.sides), and what a
cold start of the default workflow imports (see bench.imports). bench.image prints the first in the container.
"""

from __future__ import annotations

import compileall
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import imports
from bench.sides import BARE, compare
from tests import artifact
from tests.lambda_api import Lambda, running


def main(calls: int = 3000, starts: int = 40) -> None:
    with TemporaryDirectory() as folder:
        root = artifact.copy(Path(folder))
        (root / "bare.py").write_text(BARE)
        compileall.compile_dir(root, quiet=1)  # as the image is

        def start(command: list[str]) -> AbstractContextManager[Lambda]:
            return running([sys.executable, *command], cwd=root)

        compare(start, calls, starts)
    imports.show(starts)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
