#!/usr/bin/env bash
# The whole pipeline with tiny budgets in a temporary clone: it runs, and then there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$here/.venv/bin:$PATH"
git clone -q "$here" "$work/clone"
cd "$work/clone"
git config user.name smoke
git config user.email smoke@localhost
python tests/tiny.py
dvc repro >"$work/log" 2>&1 || { tail -n 60 "$work/log"; exit 1; }
cat metrics/leaderboard.md
dvc repro | tee "$work/again" | tail -n 1
grep -q "up to date" "$work/again"
