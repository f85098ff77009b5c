#!/usr/bin/env bash
# How long a newcomer needs from `git clone` to the complete leaderboard, where a remote holds the
# results: nothing may be recomputed. The remote is a folder, so that the network counts for nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$here/.venv/bin:$PATH"
cd "$here"
git clone -q "$here" "$work/origin"
cd "$work/origin"
dvc remote add -q -d lab "$work/remote"
git -c user.name=share -c user.email=share@localhost commit -qam "A remote"
dvc config --local cache.dir "$(cd "$here" && dvc cache dir)"
dvc push -q
echo "the remote holds $(du -sh "$work/remote" | cut -f1)"
SECONDS=0
git clone -q "$work/origin" "$work/clone"
cd "$work/clone"
dvc pull -q --allow-missing
echo "cloned and pulled after $SECONDS s"
PYTHONPATH=src python -m scripts.repro >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
grep -q "nothing had to run" "$work/log" || { echo "something was recomputed"; exit 1; }
cmp metrics/leaderboard.csv "$here/metrics/leaderboard.csv"
echo "the complete leaderboard after $SECONDS s, nothing recomputed"
[ $SECONDS -lt 120 ]
