#!/usr/bin/env bash
# The one script of a fresh checkout. Needs bash and Python 3.11 or later.
#   ./build.sh test | check | pin         the tests; ruff and mypy; pin the requirements anew
#   ./build.sh json | exec '{…}' | …      python -m handler, with all it needs in .venv
#   ./build.sh [image …]                  build the container image
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'build.sh: %s\n' "$*" >&2; }

python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or later is needed, with venv; install it, or name it: PYTHON=/path/to/python3 ./build.sh …"
    return 2
}

# ready FILE: .venv holds what FILE pins; made when missing, renewed when the pins or the interpreter changed.
ready() {
    local file=$1 interpreter stamp name
    name=$(basename "$file" .txt)
    interpreter=$(python)
    stamp="$("$interpreter" -c 'import sys; print(sys.version)') $(cksum requirements*.txt)"
    if [ -f ".venv/$name" ] && [ "$(cat ".venv/$name")" = "$stamp" ]; then
        return
    fi
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null ||
        [ "$(.venv/bin/python -c 'import sys; print(sys.version)')" != "$("$interpreter" -c 'import sys; print(sys.version)')" ]; then
        say "making .venv"
        rm -rf .venv
        "$interpreter" -m venv .venv
    fi
    say "installing $file"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$file" >&2
    printf '%s' "$stamp" >".venv/$name"
}

pin() {
    ready requirements-test.txt
    local name
    for name in requirements requirements-deployer requirements-test; do
        .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
            --no-emit-index-url "$name.in" -o "$name.txt"
    done
}

case "${1:-image}" in
    test)
        shift
        ready requirements-test.txt
        exec .venv/bin/python -m pytest "$@"
        ;;
    check)
        ready requirements-test.txt
        .venv/bin/ruff check .
        .venv/bin/ruff format --check .
        exec .venv/bin/mypy
        ;;
    pin) pin ;;
    lint) # with botocore, which checks the parameters of service calls
        ready requirements-test.txt
        exec .venv/bin/python -m handler "$@"
        ;;
    bootstrap | deploy | deprovision | halt | history | plan | provision | prune | rollback | status | lock | unlock) # with boto3
        ready requirements-deployer.txt
        exec .venv/bin/python -m handler "$@"
        ;;
    image)
        shift || true
        ready requirements.txt
        exec .venv/bin/python -m image "$@"
        ;;
    *)
        ready requirements.txt
        exec .venv/bin/python -m handler "$@"
        ;;
esac
